package password

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// order plays a script against a queue with one worker and returns in which order
// jobs ran. In the script "a" queues a job of source a, "A" one of a known browser
// there, "." lets the running job end and the next one begin.
func order(t *testing.T, q *queue, script string) string {
	t.Helper()
	var running *job
	var ran strings.Builder
	take := func() {
		if running != nil {
			q.done(running)
		}
		if running = q.pop(); running != nil {
			ran.Write(running.password)
		}
	}
	for _, c := range script {
		if c == '.' {
			take()
			continue
		}
		source := strings.ToLower(string(c))
		j := &job{Request: Request{Source: source, Known: string(c) != source}, password: []byte(string(c))}
		if !q.push(j) {
			t.Fatalf("no place for %c", c)
		}
		if running == nil {
			take()
		}
	}
	for running != nil {
		take()
	}
	return ran.String()
}

func TestOrder(t *testing.T) {
	for name, v := range map[string]struct{ script, want string }{
		"one source in its own order":                 {"aaa", "aaa"},
		"sources take turns":                          {"aaabbbccc", "abcabcabc"},
		"a single request waits for the running only": {"aaaaaaaab", "abaaaaaaa"},
		"also when it comes later":                    {"aaaaaaaa..b", "aaabaaaaa"},
		"two single ones in the order they came":      {"aaaabc", "abcaaa"},
		"one more of a running source is not fresh":   {"a" + "bb" + "." + "b" + "c", "abcbb"},
		"known browsers go first":                     {"abcD", "aDbc"},
		"but not for ever":                            {"abBBBBBBBB", "aBBBbBBBBB"},
		"and take turns as well":                      {"xAAAB", "xABAA"},
		"fresh sources do not starve the others":      {"aaabcdefghijkl", "abcdefghiajkla"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := order(t, newQueue(100, 100, 0), v.script); got != v.want {
				t.Errorf("%s ran as %s, want %s", v.script, got, v.want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	q := newQueue(2, 6, 2)
	push := func(source string, known bool) bool {
		return q.push(&job{Request: Request{Source: source, Known: known}})
	}
	for i, v := range []struct {
		source string
		known  bool
		want   bool
		why    string
	}{
		{"a", false, true, "room"},
		{"a", false, true, "room"},
		{"a", false, false, "the source's line is full"},
		{"b", false, true, "another source has a line of its own"},
		{"c", false, true, "room"},
		{"d", false, false, "what is left is kept for known browsers"},
		{"a", true, true, "a known browser behind a full source"},
		{"a", true, true, "a known browser behind a full source"},
		{"e", true, false, "all places are taken"},
	} {
		if got := push(v.source, v.known); got != v.want {
			t.Errorf("request %d (%s): place %v, want %v", i, v.why, got, v.want)
		}
	}
	q.pop() // a known one
	if push("d", false) {
		t.Error("a place kept for known browsers went to another")
	}
	if !push("e", true) {
		t.Error("a freed place was not given to a known browser")
	}
}

func TestRemovedJobsLeaveNoTrace(t *testing.T) {
	q := newQueue(4, 10, 0)
	var jobs []*job
	for _, source := range []string{"a", "a", "b", "b"} {
		j := &job{Request: Request{Source: source}}
		q.push(j)
		jobs = append(jobs, j)
	}
	running := q.pop() // a; its other job now stands among those that take turns
	for _, j := range jobs[1:] {
		if !q.remove(j) {
			t.Error("a waiting job was not there to remove")
		}
	}
	if q.remove(jobs[1]) || q.remove(running) {
		t.Error("removed a job that was not waiting")
	}
	q.done(running)
	l := q.sides[0]
	if q.pop() != nil || q.waiting() != 0 || len(l.lines)+len(l.fresh)+len(l.turns)+len(q.running) != 0 {
		t.Errorf("left behind: %+v, %v", l, q.running)
	}
}

// Whatever comes and goes: the limits hold, each job runs once unless it was
// removed, and a source's jobs of one side run in order.
func TestQueueKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const perSource, capacity, reserved = 3, 9, 3
		q := newQueue(perSource, capacity, reserved)
		var waiting, running []*job
		count := func(match func(*job) bool) (n int) {
			for _, j := range waiting {
				if match(j) {
					n++
				}
			}
			return n
		}
		next := func(t *rapid.T) {
			j := q.pop()
			if (j == nil) != (len(waiting) == 0) {
				t.Fatalf("pop gave %v with %d waiting", j, len(waiting))
			}
			if j == nil {
				return
			}
			at := slices.IndexFunc(waiting, func(o *job) bool { return o.Request == j.Request })
			if at < 0 || waiting[at] != j {
				t.Fatal("pop gave a job that was not its source's oldest")
			}
			waiting = slices.Delete(waiting, at, at+1)
			running = append(running, j)
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				j := &job{Request: Request{fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "source")), rapid.Bool().Draw(t, "known")}}
				room := len(waiting) < capacity &&
					count(func(o *job) bool { return o.Request == j.Request }) < perSource &&
					(j.Known || count(func(o *job) bool { return !o.Known }) < capacity-reserved)
				if q.push(j) != room {
					t.Fatalf("place %v, want %v", !room, room)
				}
				if room {
					waiting = append(waiting, j)
				}
			},
			"pop": next,
			"done": func(t *rapid.T) {
				if len(running) == 0 {
					t.Skip("nothing runs")
				}
				q.done(running[0])
				running = running[1:]
			},
			"remove": func(t *rapid.T) {
				if len(waiting) == 0 {
					t.Skip("nobody waits")
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(t, "which")
				if !q.remove(waiting[i]) {
					t.Fatal("a waiting job was not there to remove")
				}
				waiting = slices.Delete(waiting, i, i+1)
			},
			"": func(t *rapid.T) {
				if q.waiting() != len(waiting) {
					t.Fatalf("%d wait, want %d", q.waiting(), len(waiting))
				}
			},
		})
		for len(waiting) > 0 {
			next(t)
		}
		for _, j := range running {
			q.done(j)
		}
		for i := range q.sides {
			if l := &q.sides[i]; len(l.lines)+len(l.fresh)+len(l.turns)+l.waiting+len(q.running) != 0 {
				t.Fatalf("left behind: %+v, %v", l, q.running)
			}
		}
	})
}
