package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/nodkey/nodkey"
)

const (
	followPause = 200 * time.Millisecond
	followStill = 5 * time.Second // without a step, until the operator is told
)

// progressOf says how far an announcement is: "1200 of 10000".
func progressOf(r nodkey.AnnouncementReport) string { return outOf(r.Sent, r.Users) }

// outOf allows for accounts that were removed since they were sent something.
func outOf(sent, users int) string { return fmt.Sprintf("%d of %d", sent, max(users, sent)) }

// progress tells how far it is: at a terminal in one line that is written over, elsewhere in a line each time.
func progress(c *cobra.Command, far string) {
	before, after := "", "\n"
	if overwrites(c) {
		before, after = "\r", ""
	}
	fmt.Fprintf(c.ErrOrStderr(), "%ssent to %s%s", before, far, after)
}

// endProgress begins a new line where that line was written over.
func endProgress(c *cobra.Command) {
	if overwrites(c) {
		fmt.Fprintln(c.ErrOrStderr())
	}
}

func overwrites(c *cobra.Command) bool {
	file, ok := c.ErrOrStderr().(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// follow tells how far an announcement is until it is done or stopped. Ctrl-C ends the telling, never the sending.
func (h *house) follow(c *cobra.Command, operator nodkey.Caller, id nodkey.AnnouncementID, users int) error {
	look := time.NewTicker(followPause)
	defer look.Stop()
	told, moved := -1, h.clock.Now()
	for {
		list, err := h.services.Announcements.List(c.Context(), operator)
		if c.Context().Err() != nil {
			return &commandError{code: exitBusy, sentence: "no longer waiting; the server goes on sending", next: "How far it is: nodkey message show " + string(id)}
		}
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(a nodkey.Announcement) bool { return a.ID == id })
		if at < 0 || list[at].State != nodkey.AnnouncementSending { // over, or a hundred others came after it
			break
		}
		now := h.clock.Now()
		if news := list[at].Sent != told; news || now.Before(list[at].StartsAt) {
			told, moved = list[at].Sent, now
			if news && !asJSON(c) {
				progress(c, outOf(told, users))
			}
		} else if now.Sub(moved) >= followStill {
			moved = now
			endProgress(c)
			fmt.Fprintf(c.ErrOrStderr(), "Nothing has moved for %s: is nodkey serve running?\n", followStill)
		}
		select {
		case <-look.C:
		case <-c.Context().Done():
		}
	}
	r, err := h.services.Announcements.Show(c.Context(), operator, id)
	if err != nil {
		return err
	}
	if !asJSON(c) {
		progress(c, progressOf(r))
		endProgress(c)
	}
	return printReport(c, r)
}
