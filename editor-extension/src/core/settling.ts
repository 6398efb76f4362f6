/** Whether a promise settles, either way, within a time. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const settled = promise.then(
    () => true,
    () => true, // the caller, who holds the promise, hears of it
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
