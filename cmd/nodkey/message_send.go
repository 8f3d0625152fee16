package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

// sendFlags are the command line of `nodkey message send`.
type sendFlags struct {
	to                        []string
	csv                       string
	all                       bool
	text                      textFlags
	category, topic, priority string
	at, zone                  string
	attach                    []string
	preview, yes, wait        bool
}

func messageSend() *cobra.Command {
	var f sendFlags
	c := &cobra.Command{
		Use: "send", Short: "Write to one user, a list, or all",
		Long: "Write to one user (--to), a list (--csv, or --to more than once), or everybody (--all), in one language or several: each\n" +
			"reads it in the language that they chose. A text is Markdown; its first heading is the subject. One user gets a ticket,\n" +
			"which can be answered and may carry files; many get an announcement, which the running server hands out.\n\n" +
			"Before it goes to many it says how many, and who has no text in a language of theirs, and asks for a yes.",
		Example: "  nodkey message send --to mara --subject \"Your new card\" --body \"It is **on its way**.\"\n" +
			"  nodkey message send --all --text en=hours.en.md --text de=hours.de.md --set date=\"1 March\" --preview\n" +
			"  nodkey message send --csv branch.csv --text en=closed.md --at 2026-12-01T08:00 --zone Europe/Zurich",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.to, "to", nil, "user to write to; more than once for a list")
	flags.StringVar(&f.csv, "csv", "", "`file` with a column called name: users to write to; - reads standard input")
	flags.BoolVar(&f.all, "all", false, "write to everybody who has an account when their turn comes")
	f.text.add(flags)
	flags.StringVar(&f.category, "category", "other", "what it is about: the id of a category")
	flags.StringVar(&f.topic, "topic", "", "id of a topic of the category")
	flags.StringVar(&f.priority, "priority", "normal", "low, normal, high or urgent; it decides when unread messages are spoken of again")
	flags.StringVar(&f.at, "at", "", "`time` not to send before, such as 2026-12-01T08:00 or 2026-12-01T08:00+01:00")
	flags.StringVar(&f.zone, "zone", "", "time zone of --at, such as Europe/Zurich; empty: this machine's")
	flags.StringArrayVar(&f.attach, "attach", nil, "`file` to send along, to one user only; at most two of 25 MB in all")
	flags.BoolVar(&f.preview, "preview", false, "print each language as it will be read, and what e-mail and SMS would say; send nothing")
	flags.BoolVar(&f.yes, "yes", false, "do not ask before sending to many")
	flags.BoolVar(&f.wait, "wait", false, "wait until everybody has it, and tell how far it is")
	return c
}

// letterPlan is what is about to be sent.
type letterPlan struct {
	sendFlags
	names     nameList
	texts     map[string]nodkey.MessageText
	at        time.Time // zero: now
	languages []string
	reached   nodkey.Readership
}

// single says that it goes to one user as a ticket.
func (p *letterPlan) single() bool { return len(p.to) == 1 && p.at.IsZero() }

// list gives the names that it goes to, nil for everybody.
func (p *letterPlan) list() []string {
	if p.all {
		return nil
	}
	return p.names.names
}

func (f sendFlags) run(c *cobra.Command) error {
	p, texts, err := f.plan(c.InOrStdin())
	if err != nil {
		return err
	}
	return operated(c, func(h *house, operator nodkey.Caller) error {
		if p.texts, err = h.kept(texts); err != nil {
			return err
		}
		if err := h.checkAbout(p); err != nil {
			return err
		}
		p.languages = slices.DeleteFunc(nodkey.Languages(), func(l string) bool { return p.texts[l].Text == "" })
		if p.reached, err = h.services.Announcements.Readership(c.Context(), operator, p.list(), p.languages); err != nil {
			return err
		}
		if err := p.names.unknown(p.reached.Unknown); err != nil {
			return err
		}
		switch {
		case p.preview:
			return h.preview(c, p)
		case p.single():
			return h.post(c, operator, p)
		}
		return h.announceFrom(c, operator, p)
	})
}

// plan reads all that can be told without a database.
func (f sendFlags) plan(in io.Reader) (*letterPlan, map[string]written, error) {
	p := &letterPlan{sendFlags: f, names: nameList{names: f.to}}
	ways := 0
	for _, given := range []bool{len(f.to) > 0, f.csv != "", f.all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, nil, textError("See nodkey message send --help", "name who gets it by one of --to, --csv and --all")
	}
	if slices.Contains(f.to, "") {
		return nil, nil, textError("", "--to is empty")
	}
	var err error
	if p.at, err = startTime(f.at, f.zone, time.Now()); err != nil {
		return nil, nil, err
	}
	if len(f.attach) > 0 && !p.single() {
		return nil, nil, textError("Put the files where all can get at them, and give the address.", "files can be sent to one user only, and not for later")
	}
	if f.csv == "-" && (f.text.body == "-" || slices.ContainsFunc(f.text.texts, func(t string) bool { return strings.HasSuffix(t, "=-") })) {
		return nil, nil, textError("", "standard input is asked for twice")
	}
	texts, err := f.text.read(in)
	if err == nil && f.csv != "" {
		p.names, err = readNames(f.csv, in)
	}
	return p, texts, err
}

// checkAbout says which categories and topics there are, where those asked for are not.
func (h *house) checkAbout(p *letterPlan) error {
	var ids []string
	for _, c := range h.services.Messages.Categories() {
		id := c.ID
		var topics []string
		for _, t := range c.Topics {
			topics = append(topics, t.ID)
		}
		if c.ID == p.category && (p.topic == "" || slices.Contains(topics, p.topic)) {
			ids = nil
			break
		}
		if len(topics) > 0 {
			id += " (topics " + strings.Join(topics, ", ") + ")"
		}
		ids = append(ids, id)
	}
	if ids != nil {
		return textError("There are "+strings.Join(ids, "; ")+".", "there is no category %s", strings.TrimSuffix(p.category+" with topic "+p.topic, " with topic "))
	}
	if !slices.Contains([]string{"low", "normal", "high", "urgent"}, p.priority) {
		return textError("Choose low, normal, high or urgent.", "there is no priority %s", p.priority)
	}
	return nil
}

// post writes to one user.
func (h *house) post(c *cobra.Command, operator nodkey.Caller, p *letterPlan) error {
	p.missing(c.ErrOrStderr())
	files, err := h.upload(c, operator, p.to[0], p.attach)
	if err != nil {
		return err
	}
	r, err := h.services.MessageDesk.Post(c.Context(), operator, p.to[0], nodkey.Posting{Category: p.category, Topic: p.topic, Priority: nodkey.Priority(p.priority), Texts: p.texts, Files: files})
	if err != nil {
		return err
	}
	return said(c, fmt.Sprintf("%s has it as %s.", p.to[0], r), map[string]any{"reference": r.String(), "user": p.to[0], "files": len(files), "missing": p.reached.Missing})
}

// upload keeps files that are to go to a user, and gives their ids.
func (h *house) upload(c *cobra.Command, operator nodkey.Caller, user string, files []string) (ids []nodkey.FileID, err error) {
	if len(files) > nodkey.FilesMax {
		return nil, textError("", "%d files are too many: a message takes %d", len(files), nodkey.FilesMax)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, textError("Nothing was sent.", "cannot read %s: %v", name, plain(err))
		}
		kept, err := h.services.MessageDesk.Upload(c.Context(), operator, user, filepath.Base(name), f)
		f.Close()
		if err != nil {
			return nil, h.about(name, err)
		}
		ids = append(ids, kept.ID)
	}
	return ids, nil
}

// announceFrom announces to many, after a yes.
func (h *house) announceFrom(c *cobra.Command, operator nodkey.Caller, p *letterPlan) error {
	if !asJSON(c) || !p.yes {
		p.summary(c.ErrOrStderr())
	}
	if !p.yes && len(p.to) != 1 {
		if err := askYes(c, p.reached.Users); err != nil {
			return err
		}
	}
	id, err := h.services.Announcements.Announce(c.Context(), operator, nodkey.Announcing{
		Category: p.category, Topic: p.topic, Priority: nodkey.Priority(p.priority), Texts: p.texts, To: p.list(), At: p.at,
	})
	if err != nil {
		return err
	}
	if p.wait {
		return h.follow(c, operator, id, p.reached.Users)
	}
	out := map[string]any{"announcement": id, "users": p.reached.Users, "reads": p.reached.Reads, "missing": p.reached.Missing, "startsAt": orNull(p.at)}
	begins := "The running server hands it out now."
	if !p.at.IsZero() {
		begins = "The running server hands it out from " + when(p.at) + " on."
	}
	return said(c, fmt.Sprintf("Announcement %s, to %s. %s\nHow far it is: nodkey message show %s", id, people(p.reached.Users), begins, id), out)
}

func when(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

func people(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// summary tells what is about to go to whom.
func (p *letterPlan) summary(w io.Writer) {
	fmt.Fprintf(w, "To %s, category %s, priority %s", people(p.reached.Users), strings.TrimSuffix(p.category+"/"+p.topic, "/"), p.priority)
	if !p.at.IsZero() {
		fmt.Fprintf(w, ", from %s on", when(p.at))
	}
	fmt.Fprintln(w, ".")
	if n := p.names.twice(p.reached); n > 0 && !p.all {
		fmt.Fprintf(w, "Names that stand again in the list: %d. Each user gets it once.\n", n)
	}
	for _, language := range p.languages {
		fmt.Fprintf(w, "  %s  %s, read by %d\n", language, p.texts[language].Subject, p.reached.Reads[language])
	}
	p.missing(w)
}

// missing tells for whom there is no text in a language of theirs.
func (p *letterPlan) missing(w io.Writer) {
	for _, language := range slices.Sorted(maps.Keys(p.reached.Missing)) {
		fmt.Fprintf(w, "No text in %s, the language of %s: they read it in another.\n", language, people(p.reached.Missing[language]))
	}
}

// askYes asks before something goes to many.
func askYes(c *cobra.Command, users int) error {
	fmt.Fprintf(c.ErrOrStderr(), "Send it to %s? Type yes: ", people(users))
	line, err := bufio.NewReader(io.LimitReader(c.InOrStdin(), 256)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr())
	}
	if strings.TrimSpace(line) != "yes" {
		return &commandError{code: exitDenied, sentence: "nothing was sent", next: "Answer yes, or give --yes in a script."}
	}
	return nil
}
