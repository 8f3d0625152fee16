package nodkey

import (
	"math"
	"strings"
	"time"
)

// Limit is the level of one leaky bucket: it rises by one a try and drains with time.
type Limit struct {
	Name  string
	Level float64
	At    time.Time // when Level was so
	Empty time.Time // when it will have drained to nothing; a purge may forget it then
}

// bucket is a rule: it holds size tries and drains one in drain.
type bucket struct {
	size  float64
	drain time.Duration
}

// The limits on guessing. A try is charged before it is checked and given back when it was right, so that parallel
// guesses do not get past. A browser that signed in as the user before has a bucket of its own and no other: strangers
// who guess slow down strangers only.
var (
	passwordBySource  = bucket{size: 20, drain: 20 * time.Second}
	passwordByName    = bucket{size: 10, drain: 3 * time.Minute} // from browsers the user never signed in with
	passwordByBrowser = bucket{size: 10, drain: time.Minute}
	codeBySource      = bucket{size: 30, drain: 10 * time.Second}
	codeByAnyone      = bucket{size: 300, drain: 12 * time.Second} // an alarm, never a refusal
	limitedNote       = bucket{size: 1, drain: time.Minute}        // how often a full bucket is written down
	refusedNote       = bucket{size: 10, drain: time.Minute}       // how often what a check refused is written down
)

// The limits on those who have proved who they are: every change leaves rows behind, and the audit log keeps its own for
// ever. What is refused leaves none. What people do against a stranger in their account is bounded by itself (a session
// ends once, a key is removed once) or, taking back a yes, by a bucket of the key's: nobody else can use that one up.
var (
	changesByUser = bucket{size: 60, drain: 2 * time.Second} // what sessions and phones ask for
	entriesByUser = bucket{size: 60, drain: 2 * time.Second} // sign-ins from known browsers, sessions without a phone
	disownedByKey = bucket{size: 60, drain: 2 * time.Second}
	seenByKey     = bucket{size: 120, drain: time.Second}     // three a request at most say something new
	testsByKey    = bucket{size: 10, drain: 10 * time.Second} // each is a notification that a person did not wait for
	searchesByKey = bucket{size: 30, drain: 2 * time.Second}  // each opens up to searchMost messages

	deliveryByUser = bucket{size: 10, drain: 6 * time.Minute} // each leaves a notice, and tells an address of it
)

// The limits on asking for the digits of a code. Each uses up one of the million that a phone is not asked again for a month,
// and needs a right password first; browsers that signed in as the user before are counted apart from strangers here, too.
var (
	codesBySource  = bucket{size: 20, drain: time.Minute}
	codesForUser   = bucket{size: 10, drain: 3 * time.Minute} // asked for by browsers the user never signed in with
	codesByBrowser = bucket{size: 10, drain: time.Minute}     // by those of the user's
)

// What stands in for a source where an application does not say where its person is: everybody who comes through it shares that, so it
// holds more. The buckets of the names and of the users bound what can be tried at one of them.
var (
	passwordByApplication = bucket{size: 200, drain: 2 * time.Second}
	codesByApplication    = bucket{size: 200, drain: 2 * time.Second}
)

// ofSource is the rule for a source, as [Caller.prefix] names it.
func ofSource(prefix string, source, application bucket) bucket {
	if strings.HasPrefix(prefix, ofApplication) {
		return application
	}
	return source
}

// asksForUser bounds how often one application asks about one name, known or not.
var asksForUser = bucket{size: 20, drain: 15 * time.Second}

// deniedNote is how often an application's refusals are written down.
var deniedNote = bucket{size: 300, drain: time.Second}

// choicesOfSignIn bounds how often one sign-in's request is taken to another phone: what it leaves behind is bounded by that and
// by the limits on signing in, and how often phones are woken by the fatigue table.
var choicesOfSignIn = bucket{size: 6, drain: 2 * time.Minute}

// chargeChoice counts a choice of a phone.
func chargeChoice(tx LimitRows, id SignInID, now time.Time) error {
	wait, ok, err := choicesOfSignIn.take(tx, "choices:sign-in:"+string(id), 1, now)
	if err == nil && !ok {
		err = limited("sign_in.slow", wait)
	}
	return err
}

// chargeChange counts a change of the account that a session or a phone makes; one over the limit is refused.
func chargeChange(tx LimitRows, user UserID, now time.Time) error {
	return chargeWrite(tx, changesByUser, "changes:user:"+string(user), now)
}

// chargeEntry counts a sign-in that no bucket of guesses counts.
func chargeEntry(tx LimitRows, user UserID, now time.Time) error {
	return chargeWrite(tx, entriesByUser, "entries:user:"+string(user), now)
}

// chargePass counts an entry with a password alone. Strangers who know the password are counted apart, as they must not use up what the
// user's own browsers need.
func chargePass(tx LimitRows, user UserID, known bool, now time.Time) error {
	if known {
		return chargeEntry(tx, user, now)
	}
	return chargeWrite(tx, entriesByUser, "entries:strangers:"+string(user), now)
}

func chargeWrite(tx LimitRows, rule bucket, name string, now time.Time) error {
	wait, ok, err := rule.take(tx, name, 1, now)
	if err == nil && !ok {
		err = limited("user.slow", wait)
	}
	return err
}

// notMeCharge is what a "not me" adds to the bucket of the source it came from.
const notMeCharge = 10

// take charges n tries to a bucket. When it is full it charges nothing and tells how long until one fits.
func (b bucket) take(tx LimitRows, name string, n float64, now time.Time) (wait time.Duration, ok bool, err error) {
	l, err := tx.Limit(name)
	if err != nil {
		return 0, false, err
	}
	level := b.levelAt(l, now)
	if wait := b.room(level, n); wait > 0 {
		return wait, false, nil
	}
	return 0, true, b.save(tx, name, level+n, now)
}

// wait tells how long until n tries fit, and charges nothing.
func (b bucket) wait(tx LimitRows, name string, n float64, now time.Time) (time.Duration, error) {
	l, err := tx.Limit(name)
	if err != nil {
		return 0, err
	}
	return b.room(b.levelAt(l, now), n), nil
}

// room is how long a bucket that is filled to a level has to drain until n tries fit, in whole milliseconds as the clock counts;
// an empty one takes any number.
func (b bucket) room(level, n float64) time.Duration {
	over := level + n - b.size
	if over <= 0 || level <= 0 {
		return 0
	}
	const rounding = 1e-6 // of a millisecond: what sums of fractions are off by is no time to wait
	return time.Duration(math.Ceil(over*float64(b.drain)/float64(time.Millisecond)-rounding)) * time.Millisecond
}

// add changes a level without asking, never below nothing and never above twice the size.
func (b bucket) add(tx LimitRows, name string, n float64, now time.Time) error {
	l, err := tx.Limit(name)
	if err != nil {
		return err
	}
	return b.save(tx, name, min(max(0, b.levelAt(l, now)+n), 2*b.size), now)
}

func (b bucket) levelAt(l Limit, now time.Time) float64 {
	if l.At.IsZero() {
		return 0
	}
	elapsed := max(0, now.Sub(l.At))
	return max(0, l.Level-float64(elapsed)/float64(b.drain))
}

func (b bucket) save(tx LimitRows, name string, level float64, now time.Time) error {
	return tx.SaveLimit(Limit{Name: name, Level: level, At: now, Empty: now.Add(time.Duration(level * float64(b.drain)))})
}

func limited(key string, wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	return fail(Limited, key, "Seconds", seconds, "Count", seconds)
}
