-- Opens a Truss's config, waits for diagnostics, applies the first quick fix, saves, asks for the status, and
-- writes what it has seen as JSON. Neovim 0.7 is enough.
local truss, python, report = os.getenv("TRUSS"), os.getenv("PYTHON"), os.getenv("REPORT")
local seen = { status = {} }

local function finish()
  local file = io.open(report, "w")
  file:write(vim.json.encode(seen))
  file:close()
  vim.cmd("qall!")
end

local function wait(what, condition)
  if not vim.wait(30000, condition, 20) then
    seen.missing = what
    finish()
  end
end

local client = vim.lsp.start_client({
  name = "control_truss",
  cmd = { python, "-m", "lsp_server", "--stdio" },
  root_dir = truss,
  settings = { controlTruss = { patchOnSave = "off" } },
  handlers = { ["truss/status"] = function(_, status) table.insert(seen.status, status.state) end },
})
vim.cmd("edit " .. truss .. "/config.yaml")
vim.lsp.buf_attach_client(0, client)
wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
seen.diagnostics = vim.tbl_map(function(one)
  return { code = one.code or one.user_data.lsp.code, line = one.lnum, first = one.col, last = one.end_col }
end, vim.diagnostic.get(0))

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 10000)
  return answers[client].result
end

local spot = vim.diagnostic.get(0)[1]
local range = {
  start = { line = spot.lnum, character = spot.col },
  ["end"] = { line = spot.end_lnum, character = spot.end_col },
}
local document = vim.lsp.util.make_text_document_params()
local actions = request("textDocument/codeAction",
  { textDocument = document, range = range, context = { diagnostics = {}, only = { "quickfix" } } })
seen.fix = actions[1].title
vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
wait("the fix to be seen", function() return #vim.diagnostic.get(0) == 0 end)
vim.cmd("write")
seen.lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
wait("the status", function() return #seen.status > 0 end)
seen.hover = request("textDocument/hover",
  { textDocument = document, position = { line = 0, character = 2 } }).contents.value
seen.answer = request("workspace/executeCommand",
  { command = "truss.showStatus", arguments = { { uri = vim.uri_from_fname(truss) } } })
finish()
