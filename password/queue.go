package password

import "slices"

const (
	// How often those who are favoured go in a row while others wait; then one of the
	// others goes.
	knownInARow = 3
	freshInARow = 8
)

// queue holds the jobs that wait, and says which is next. It does not lock.
//
// It has two sides, for known and for other browsers. On a side each source has a
// line of its own. A source that has nothing running and stood in no line joins
// the fresh ones; once it was served and has more, it joins those that take turns.
type queue struct {
	perSource int // jobs in one source's line
	capacity  int // jobs in both sides
	reserved  int // of capacity, places for known browsers only

	sides   [2]side // other browsers, known browsers
	known   favour
	running map[string]int // jobs of each source that were taken and not yet done
}

type side struct {
	lines   map[string]*line
	fresh   []*line
	turns   []*line
	first   favour
	waiting int
}

// line is the jobs of one source on one side, oldest first, never empty.
type line struct {
	source string
	jobs   []*job
}

// favour lets some go before others, but not for ever.
type favour struct{ inARow int }

// next tells whether the favoured go now, given which of the two have anyone
// waiting; at least one has.
func (f *favour) next(favoured, other bool, most int) bool {
	if !other || favoured && f.inARow < most {
		if other {
			f.inARow++
		}
		return true
	}
	f.inARow = 0
	return false
}

func newQueue(perSource, capacity, reserved int) *queue {
	q := &queue{perSource: perSource, capacity: capacity, reserved: reserved, running: map[string]int{}}
	for i := range q.sides {
		q.sides[i].lines = map[string]*line{}
	}
	return q
}

func (q *queue) side(known bool) *side {
	if known {
		return &q.sides[1]
	}
	return &q.sides[0]
}

func (q *queue) waiting() int {
	return q.sides[0].waiting + q.sides[1].waiting
}

// push adds a job, or reports that there is no place for it.
func (q *queue) push(j *job) bool {
	if q.waiting() >= q.capacity {
		return false
	}
	if !j.Known && q.sides[0].waiting >= q.capacity-q.reserved {
		return false
	}
	l := q.side(j.Known)
	at := l.lines[j.Source]
	switch {
	case at == nil:
		at = &line{source: j.Source}
		l.lines[j.Source] = at
		if q.running[j.Source] > 0 {
			l.turns = append(l.turns, at)
		} else {
			l.fresh = append(l.fresh, at)
		}
	case len(at.jobs) >= q.perSource:
		return false
	}
	at.jobs = append(at.jobs, j)
	l.waiting++
	return true
}

// pop takes the next job, nil if none waits. Its source counts as running until done.
func (q *queue) pop() *job {
	if q.waiting() == 0 {
		return nil
	}
	l := q.side(q.known.next(q.sides[1].waiting > 0, q.sides[0].waiting > 0, knownInARow))
	from := &l.turns
	if l.first.next(len(l.fresh) > 0, len(l.turns) > 0, freshInARow) {
		from = &l.fresh
	}
	at := (*from)[0]
	*from = slices.Delete(*from, 0, 1)
	j := at.jobs[0]
	at.jobs = slices.Delete(at.jobs, 0, 1)
	l.waiting--
	if len(at.jobs) > 0 {
		l.turns = append(l.turns, at)
	} else {
		delete(l.lines, at.source)
	}
	q.begin(j)
	return j
}

// begin counts a job as running that pop returned or that never had to wait.
func (q *queue) begin(j *job) {
	q.running[j.Source]++
}

// done ends what begin began.
func (q *queue) done(j *job) {
	if q.running[j.Source]--; q.running[j.Source] == 0 {
		delete(q.running, j.Source)
	}
}

// remove takes a job out again, or reports that it is no longer waiting.
func (q *queue) remove(j *job) bool {
	l := q.side(j.Known)
	at := l.lines[j.Source]
	if at == nil {
		return false
	}
	i := slices.Index(at.jobs, j)
	if i < 0 {
		return false
	}
	at.jobs = slices.Delete(at.jobs, i, i+1)
	l.waiting--
	if len(at.jobs) == 0 {
		delete(l.lines, at.source)
		same := func(other *line) bool { return other == at }
		l.fresh = slices.DeleteFunc(l.fresh, same)
		l.turns = slices.DeleteFunc(l.turns, same)
	}
	return true
}
