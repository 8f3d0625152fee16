package portal

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// What a form with files may be. Only FilesBytes of it are kept; the rest is read so that whoever chose too large a file is told
// so beside it, with all they typed, instead of a connection that breaks off.
const (
	formMost    = 64 << 20         // bytes in all
	strayMost   = 1 << 20          // bytes in all from somebody who is not signed in
	formTime    = 10 * time.Minute // 25 MiB at half a megabit a second
	strayTime   = 30 * time.Second // theirs, as everywhere: no file of theirs is taken, and what they type is held meanwhile
	textKept    = 1 << 20          // bytes of a text that are shown again when it is too long
	fieldMost   = 8 << 10          // bytes of any other field
	formFileIDs = 8                // that a form names

	formsPerSession = 4 // on their way at once; a newer one ends the oldest
)

// Allowances are what the portal's routes may do beyond the others.
func Allowances() []web.Allowance {
	return []web.Allowance{
		{Pattern: "POST /messages/new", MaxBody: formMost, Timeout: formTime},
		{Pattern: "POST /messages/{reference}/reply", MaxBody: formMost, Timeout: formTime},
		{Pattern: "POST " + nodkey.UnsubscribePath, AnyOrigin: true}, // RFC 8058: mail services ask, with a token and no cookie
	}
}

// messageForm is a form with files, as it came in.
type messageForm struct {
	once, about, subject, text string
	do, step, remove           string
	cut                        bool            // there was more text than is shown again
	ids                        []nodkey.FileID // that it names, and that came with it
	refused                    []RefusedFile
	slowest                    *nodkey.Error // of the files' errors, one that says when to try again
}

// draft is what it says.
func (f messageForm) draft() nodkey.Draft {
	category, topic, _ := strings.Cut(f.about, "/")
	return nodkey.Draft{Category: category, Topic: topic, MessageText: nodkey.MessageText{Subject: f.subject, Text: f.text}, Files: f.ids, Once: f.once}
}

// readMessageForm reads a form with files part by part. Its files go to the domain as they come; one that is refused is
// remembered with the reason. It must have these fields, once each, and may have the others.
func (d *Door) readMessageForm(x *exchange, must ...string) (f messageForm, err error) {
	signedIn := x.caller.Session() != nil
	if !signedIn {
		x.r.Body = http.MaxBytesReader(x.w, x.r.Body, strayMost)
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(strayTime)) // not every writer has deadlines
	}
	if signedIn {
		defer d.amongFew(x)()
	}
	broken := func(err error) error {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return err
		}
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form", Err: err}
	}
	parts, err := x.r.MultipartReader()
	if err != nil {
		return f, broken(err)
	}
	into := map[string]*string{"once": &f.once, "about": &f.about, "subject": &f.subject, "text": &f.text, "do": &f.do, "step": &f.step, "remove": &f.remove, "lang": nil}
	x.r.PostForm = url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f, broken(err)
		}
		name := part.FormName()
		if name == "files" {
			if err := d.takeFile(x, &f, part, signedIn); err != nil {
				return f, broken(err)
			}
			continue
		}
		value, cut, err := field(part)
		if err != nil {
			return f, broken(err)
		}
		f.cut = f.cut || cut
		at, known := into[name]
		if name == "file" && len(f.ids) < formFileIDs {
			f.ids = append(f.ids, nodkey.FileID(value))
			continue
		}
		if !known || x.r.PostForm.Has(name) {
			return f, broken(nil)
		}
		if x.r.PostForm.Set(name, value); at != nil {
			*at = value
		}
	}
	for _, name := range must {
		if !x.r.PostForm.Has(name) {
			return f, broken(nil)
		}
	}
	if len(f.once) < 16 || len(f.once) > 64 {
		return f, broken(nil)
	}
	return f, nil
}

// amongFew counts a form among those of its session that are on their way, until done is called: what they hold meanwhile must not
// add up. The one that is too old reads no further.
func (d *Door) amongFew(x *exchange) (done func()) {
	ended, release := d.forms.Take(string(x.caller.Session().ID))
	over, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		select {
		case <-ended:
			_ = http.NewResponseController(x.w).SetReadDeadline(time.Unix(1, 0))
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-quiet // the connection's next request is none of ours
		release()
	}
}

var errField = errors.New("a field is longer than any that the page makes")

// field reads a field. A text is read whole and kept as far as it can be shown again: what is too long is refused later, by the
// domain, with the words of the person still there.
func field(part *multipart.Part) (value string, cut bool, err error) {
	most := int64(fieldMost)
	if part.FormName() == "text" {
		most = textKept
	}
	raw, err := io.ReadAll(io.LimitReader(part, most))
	if err != nil {
		return "", false, err
	}
	beyond, err := io.Copy(io.Discard, part)
	if err == nil && beyond > 0 && part.FormName() != "text" {
		err = errField
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD"), beyond > 0, err
}

// said is a problem as the form has to say it.
func (f messageForm) said(p *Problem) *Problem {
	if p != nil && f.cut && p.Text.Key == "message.text_long" {
		p.Text.Key = "write.text_cut"
	}
	return p
}

// takeFile gives a file to the domain, or remembers why it was not taken.
func (d *Door) takeFile(x *exchange, f *messageForm, part *multipart.Part, signedIn bool) error {
	name := part.FileName()
	if name == "" { // no file was chosen
		_, err := io.Copy(io.Discard, part)
		return err
	}
	refuse := func(s Sentence) error {
		f.refused = append(f.refused, RefusedFile{Name: shownName(name), Text: s})
		_, err := io.Copy(io.Discard, part)
		return err
	}
	if len(f.refused) >= formFileIDs {
		_, err := io.Copy(io.Discard, part)
		return err
	}
	if !signedIn {
		return refuse(Sentence{Key: "write.file_again"})
	}
	if len(f.ids) >= nodkey.FilesMax {
		return refuse(Sentence{Key: "message.files", Args: map[string]any{"Most": nodkey.FilesMax, "Megabytes": nodkey.FilesBytes >> 20}})
	}
	kept, err := d.services.Messages.Upload(x.r.Context(), x.caller, name, part)
	if err == nil {
		f.ids = append(f.ids, kept.ID)
		return nil
	}
	e := nodkey.AsError(err)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) || e.Kind == nodkey.Internal {
		return err
	}
	if e.Kind == nodkey.Limited {
		f.slowest = e
	}
	return refuse(Sentence{Key: e.Key, Args: e.Args})
}

// shownName is as much of a file's name as its owner knows it by. What would hide or turn round a part of it is seen to be there.
func shownName(name string) string {
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD")))
	if len(letters) > 80 {
		letters = append(letters[:79], '…')
	}
	return string(letters)
}

// filesOf says which of a form's files wait to be sent. What does not wait any more is left out, and said.
func (d *Door) filesOf(x *exchange, f *messageForm) (FilesView, error) {
	v := FilesView{Refused: f.refused, Most: nodkey.FilesMax}
	if x.caller.Session() == nil { // they wait still, and have their names again after the sign-in
		for _, id := range f.ids {
			v.Kept = append(v.Kept, FileView{ID: string(id), Name: x.say.T("write.file_kept", nil)})
		}
		v.Free = max(0, v.Most-len(f.ids))
		return v, nil
	}
	waiting, err := d.services.Messages.Waiting(x.r.Context(), x.caller)
	if err != nil {
		return v, err
	}
	full := slices.ContainsFunc(f.refused, func(r RefusedFile) bool { return r.Text.Key == "message.files_waiting" })
	there := map[nodkey.FileID]FileView{}
	for _, w := range waiting {
		shown := FileView{ID: string(w.ID), Name: w.Name, Size: sizeInWords(x, w.Size)}
		there[w.ID] = shown
		if full && !slices.Contains(f.ids, w.ID) {
			v.Others = append(v.Others, shown)
		}
	}
	var ids []nodkey.FileID
	for _, id := range f.ids {
		shown, ok := there[id]
		if !ok || slices.Contains(ids, id) {
			v.Problem = &Problem{Field: "files", Text: Sentence{Key: "message.file_unknown"}}
			continue
		}
		ids, v.Kept = append(ids, id), append(v.Kept, shown)
	}
	f.ids, v.Free = ids, max(0, v.Most-len(ids))
	return v, nil
}

// dropFile takes a file out of a form.
func (d *Door) dropFile(x *exchange, f *messageForm, id nodkey.FileID) error {
	f.ids = slices.DeleteFunc(f.ids, func(other nodkey.FileID) bool { return other == id })
	err := d.services.Messages.Discard(x.r.Context(), x.caller, id)
	if nodkey.HasKey(err, "message.file_unknown") { // out it is
		return nil
	}
	return err
}
