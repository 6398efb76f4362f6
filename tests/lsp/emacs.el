;;; emacs.el --- An edit of a Truss's config, driven through eglot  -*- lexical-binding: t -*-

;; Opens the config, waits for diagnostics, applies the first quick fix, completes, hovers, saves, asks for the
;; status, and writes what it has seen as JSON.  Emacs 28 with the package eglot is enough; 29 has it built in.

(require 'package)
(package-initialize)
(require 'eglot)
(require 'json)
(unless (require 'yaml-mode nil t)
  (define-derived-mode yaml-mode text-mode "YAML"))

(setq eglot-sync-connect 30
      eglot-events-buffer-size 0
      make-backup-files nil
      create-lockfiles nil)
(add-to-list 'eglot-server-programs
             `(yaml-mode . (,(getenv "PYTHON") "-m" "lsp_server" "--stdio")))
(setq-default eglot-workspace-configuration '((:controlTruss . (:patchOnSave "off"))))

(defvar seen nil "What was seen: names and values, for JSON.")
(defvar statuses nil "The states that the server has told of, the newest first.")

(defun note (name value)
  (push (cons name value) seen))

(defun finish ()
  (with-temp-file (getenv "REPORT")
    (insert (json-encode seen)))
  (kill-emacs 0))

(defun wait (what condition)
  (let ((deadline (+ (float-time) 30)))
    (while (not (funcall condition))
      (when (> (float-time) deadline)
        (note 'missing what)
        (finish))
      (accept-process-output nil 0.05))))

(cl-defmethod eglot-handle-notification (_server (_method (eql truss/status)) &key state &allow-other-keys)
  (push state statuses))

(find-file (expand-file-name "config.yaml" (getenv "TRUSS")))
(yaml-mode)
(eglot-ensure)
(run-hooks 'post-command-hook)
(wait "the server" #'eglot-current-server)

(defun diagnostics ()
  ;; Without a user Emacs is never idle: what waits for that is done here.
  (eglot--signal-textDocument/didChange)
  (flymake-start)
  (flymake-diagnostics))

(wait "diagnostics" #'diagnostics)
(note 'diagnostics
      (vconcat (mapcar (lambda (one)
                         `((text . ,(flymake-diagnostic-text one))
                           (marked . ,(buffer-substring-no-properties (flymake-diagnostic-beg one)
                                                                      (flymake-diagnostic-end one)))))
                       (diagnostics))))

(let* ((spot (car (flymake-diagnostics)))
       (actions (eglot-code-actions (flymake-diagnostic-beg spot) (flymake-diagnostic-end spot) "quickfix"))
       (fix (seq-find (lambda (one) (plist-get one :edit)) actions)))
  (note 'fix (plist-get fix :title))
  (eglot--apply-workspace-edit (plist-get fix :edit)))
(wait "the fix to be seen" (lambda () (not (diagnostics))))

(goto-char (point-max))
(insert "python_version: ")
(note 'completions
      (vconcat (mapcar #'substring-no-properties
                       (let ((found (run-hook-wrapped 'completion-at-point-functions
                                                      #'completion--capf-wrapper 'all)))
                         (all-completions "" (nth 3 found))))))
(insert "py311\n")
(goto-char (+ (point-min) 2))
(note 'hover
      (plist-get (plist-get (jsonrpc-request (eglot-current-server) :textDocument/hover
                                             (eglot--TextDocumentPositionParams))
                            :contents)
                 :value))
(save-buffer)
(note 'text (buffer-substring-no-properties (point-min) (point-max)))
(wait "the status" (lambda () statuses))
(note 'status (vconcat statuses))
(note 'answer
      (eglot-execute-command (eglot-current-server) "truss.showStatus"
                             (vector (list :uri (concat "file://" (getenv "TRUSS"))))))
(eglot-shutdown (eglot-current-server))
(finish)
