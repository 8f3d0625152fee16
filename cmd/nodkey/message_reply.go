package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/prose"
)

func messageReply() *cobra.Command {
	var body, file, language string
	var files []string
	c := &cobra.Command{
		Use: "reply REFERENCE", Short: "Answer a ticket",
		Long:    "Answer a ticket, in Markdown. --language says in which language, where it is not the one that the person wrote in.",
		Example: "  nodkey message reply 2026-0412 --file answer.md --attach form.pdf",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := referenceArg(args[0])
			if err != nil {
				return err
			}
			if (body == "") == (file == "") {
				return textError("", "give the answer by one of --body and --file")
			}
			if file != "" {
				if body, err = readTextFile(file, c.InOrStdin()); err != nil {
					return err
				}
			}
			if body != "" && prose.Plain(body) == "" {
				return textError("Pictures and HTML are left out of messages.", "nothing could be read of the answer")
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				t, err := h.services.MessageDesk.Read(c.Context(), operator, r)
				if err != nil {
					return err
				}
				ids, err := h.upload(c, operator, t.User, files)
				if err != nil {
					return err
				}
				spoken := cmp.Or(language, spokenIn(t))
				if err := h.services.MessageDesk.Reply(c.Context(), operator, r, spoken, nodkey.Answer{Text: body, Files: ids}); err != nil {
					return err
				}
				return said(c, fmt.Sprintf("%s has the answer to %s.", t.User, r), map[string]any{"reference": r.String(), "user": t.User, "language": spoken, "files": len(ids)})
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&body, "body", "", "the answer, in Markdown")
	flags.StringVar(&file, "file", "", "`file` that holds the answer, in Markdown; - reads standard input")
	flags.StringVar(&language, "language", "", "language of the answer; empty: the ticket's")
	flags.StringArrayVar(&files, "attach", nil, "`file` to send along; at most two of 25 MB in all")
	return c
}

// spokenIn is the language that a ticket's person wrote in last, or else that it was begun in.
func spokenIn(t nodkey.DeskThread) (language string) {
	for _, e := range t.Entries {
		if e.Author == nodkey.ByUser || language == "" {
			language = e.Language
		}
	}
	return language
}

func messageDownload() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "download FILE-ID", Short: "Save a file that came with a message, or is to go with one",
		Long: "Save a file. Its id stands in `nodkey message show`. An existing file is never written over, and what does not\n" +
			"arrive whole is removed again. What people send is checked for its kind, not for what a program may do with it.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				f, r, err := h.services.MessageDesk.Download(c.Context(), operator, nodkey.FileID(args[0]))
				if err != nil {
					return err
				}
				if to == "-" {
					_, err := io.Copy(c.OutOrStdout(), r)
					return err
				}
				path := cmp.Or(to, f.Name)
				if at, err := os.Stat(path); err == nil && at.IsDir() {
					path = filepath.Join(path, f.Name)
				}
				if err := save(path, r); err != nil {
					return err
				}
				return said(c, fmt.Sprintf("%s, %d bytes, %s", path, f.Size, f.Type), map[string]any{"path": path, "name": f.Name, "size": f.Size, "type": f.Type})
			})
		},
	}
	c.Flags().StringVarP(&to, "output", "o", "", "`path` to save it at, a directory, or - for standard output; empty: its own name, here")
	return c
}

// save writes a file of its own, whole or not at all.
func save(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &commandError{code: exitConflict, sentence: path + " exists already", err: err, next: "Name another path with -o."}
	}
	if err != nil {
		return textError("Name another path with -o.", "cannot write %s: %v", path, plain(err))
	}
	if _, err = io.Copy(f, r); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
