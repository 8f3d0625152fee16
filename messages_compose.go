package nodkey

import (
	"context"
	"strconv"
)

// Preview gives a draft as Write would keep it, and its files, and sends nothing. Errors: those of Write but message.slow.
func (m *Messages) Preview(ctx context.Context, c Caller, d Draft) (Draft, []File, error) {
	if _, err := c.withSession(Full); err != nil {
		return Draft{}, nil, err
	}
	d, err := m.checkDraft(d)
	if err != nil {
		return Draft{}, nil, err
	}
	var rows []SealedFile
	err = m.Store.View(ctx, func(tx Tx) error {
		session, err := m.live(tx, c, Full)
		if err != nil {
			return err
		}
		rows, err = waitingFiles(tx, session.UserID, false, d.Files, m.now())
		return err
	})
	if err != nil {
		return Draft{}, nil, AsError(err)
	}
	var files []File
	for _, r := range rows {
		files = append(files, m.file(r))
	}
	return d, files, nil
}

// Waiting gives the caller's own files that wait to be sent, those first that will be forgotten first. Errors: session.*.
func (m *Messages) Waiting(ctx context.Context, c Caller) ([]File, error) {
	var rows []SealedFile
	err := m.Store.View(ctx, func(tx Tx) error {
		session, err := m.live(tx, c, Full)
		if err == nil {
			rows, err = tx.WaitingFiles(session.UserID, m.now())
		}
		return err
	})
	if err != nil {
		return nil, AsError(err)
	}
	var files []File
	for _, r := range rows {
		if r.Ready && !r.ByDesk {
			files = append(files, m.file(r))
		}
	}
	return files, nil
}

// checkDraft gives a draft as it is kept. Errors: message.category, message.subject, message.text, message.text_long.
func (b *base) checkDraft(d Draft) (Draft, error) {
	err := b.checkTopic(d.Category, d.Topic)
	if err != nil {
		return d, err
	}
	if d.Subject, err = checkSubject(d.Subject); err != nil {
		return d, err
	}
	d.Text, err = checkText(d.Text)
	return d, err
}

// parts are what makes a draft the same draft.
func (d Draft) parts() []string {
	return append([]string{d.Category, d.Topic, d.Subject, d.Text}, namesOf(d.Files)...)
}

func namesOf(files []FileID) []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = string(f)
	}
	return names
}

// onceID is the id of what somebody sends under a name that they use once: the same parts give the same id. Without a name each
// is new.
func (b *base) onceID(user UserID, once string, parts ...string) string {
	if once == "" {
		return newID()
	}
	for n := 0; ; n++ { // no id begins with a hyphen
		sum := b.id.codeHash("sent once", append([]string{string(user), once, strconv.Itoa(n)}, parts...)...)
		if id := idOf([16]byte(sum)); id[0] != '-' {
			return id
		}
	}
}
