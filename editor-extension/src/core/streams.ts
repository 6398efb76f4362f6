// Texts that the server sends piece by piece, each piece under the name that the extension gave.

/** Parameters of the notifications `truss/predictChunk` and `truss/log`. */
export interface Piece {
  id: string;
  text: string;
}

export class Streams {
  private readonly listeners = new Map<string, (text: string) => void>();

  /** Hears what comes under a name, until disposed of. */
  listen(id: string, heard: (text: string) => void): { dispose(): void } {
    this.listeners.set(id, heard);
    return { dispose: () => void this.listeners.delete(id) };
  }

  /** A piece of a stream that nobody listens to any more is dropped. */
  tell(piece: Piece): void {
    this.listeners.get(piece.id)?.(piece.text);
  }
}
