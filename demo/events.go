package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/web"
)

const (
	// lookEvery is how often the audit log is read for a page that is open. The domain wakes nobody for a row; on one
	// machine with one reader, asking is cheap.
	lookEvery = 250 * time.Millisecond
	// quietFor is when, without anything to say, a comment finds out whether the page is still there.
	quietFor     = 15 * time.Second
	sendPatience = 10 * time.Second
)

// progress is the event "step".
type progress struct {
	Step  Step   `json:"step"`
	Count string `json:"count"` // "2 of 4: Name and password"
	Hint  string `json:"hint"`
}

func (d *Door) progress(say *i18n.Localizer, at Step) progress {
	return progress{
		Step: at, Hint: say.T(stepHints[at], map[string]any{"Who": d.People[0].Name}),
		Count: say.T("demo.step_count", map[string]any{"Now": int(at) + 1, "All": len(stepNames), "Step": say.T(stepNames[at], nil)}),
	}
}

// events sends what happens, as server-sent events: "line" for the log and
// "step" for the step line. The id is the audit row's sequence number, so a
// page that comes back goes on where it was.
func (d *Door) events(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		after, err = strconv.ParseInt(id, 10, 64)
	}
	if err != nil || after < 0 {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	ended, release := d.slots.Take("page")
	defer release()
	out, err := web.OpenStream(w, r, "text/event-stream", sendPatience)
	if err != nil {
		d.log.ErrorContext(r.Context(), "the demo's log cannot be streamed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	say := d.say(r)
	look, quiet := time.NewTicker(lookEvery), time.NewTicker(quietFor)
	defer look.Stop()
	defer quiet.Stop()
	for first := true; ; first = false {
		text, newest, err := d.news(r.Context(), say, after)
		var at Step
		if err == nil && (first || newest != after) {
			at, err = d.now(r.Context())
			text += event("step", newest, d.progress(say, at))
		}
		if err != nil {
			if r.Context().Err() == nil {
				d.log.ErrorContext(r.Context(), "the demo's log cannot be read", "error", err)
			}
			return
		}
		after = newest
		if text != "" && out.Send([]byte(text)) != nil {
			return
		}
		select {
		case <-look.C:
		case <-quiet.C:
			if out.Send([]byte(":\n\n")) != nil {
				return
			}
		case <-ended:
			return
		case <-web.Draining(r.Context()):
			return
		case <-r.Context().Done():
			return
		}
	}
}

// news gives the lines after a sequence number, as events, and the log's
// newest number.
func (d *Door) news(ctx context.Context, say *i18n.Localizer, after int64) (text string, newest int64, err error) {
	rows, newest, err := d.rowsAfter(ctx, after)
	for _, row := range rows {
		p, _ := d.who(row.UserID)
		if l, ok := line(say, p, row); ok {
			text += event("line", row.Seq, l)
		}
	}
	return text, newest, err
}

// now tells where the story stands, from its beginning.
func (d *Door) now(ctx context.Context) (Step, error) {
	rows, _, err := d.rowsAfter(ctx, 0)
	s := newStory()
	for _, row := range rows {
		s.take(row)
	}
	return s.step(), err
}

func event(name string, id int64, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always can be encoded
	}
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", id, name, data)
}
