package nodkey

import "time"

// budget bounds how often a user's phones are woken for sign-ins, so that nobody says yes out of weariness.
type budget struct {
	open       int // approvals that wait at the same time
	unanswered int // approvals without a yes, since the last yes, within the window
	within     time.Duration
}

// fatigue is the one table. Browsers that signed in before count apart from strangers: a stranger who knows the password
// cannot use up what the user's own browser needs. Which door a sign-in came through makes no difference.
var fatigue = map[bool]budget{
	false: {open: 1, unanswered: 3, within: 15 * time.Minute}, // an unknown browser
	true:  {open: 2, unanswered: 10, within: 15 * time.Minute},
}

// strangersInAll is the second tier, for unknown browsers: whoever keeps to the first one all day and all night would wake
// the phones twelve times an hour. Every request of a stranger that woke them fills it, a yes to a stranger's request
// empties it: six without a yes, then one in four hours. It is a level, so no history needs to reach back that far. Known
// browsers do not count here, as nobody but the user has one; nor can they empty it, or a stranger's six would begin anew
// with each sign-in of the user's. Over it a request is found by opening the app, as ever.
var strangersInAll = bucket{size: 6, drain: 4 * time.Hour}

func strangersBucket(user UserID) string { return "woken:user:" + string(user) }

// fatigueWindow is how far back history must reach for mayNotify.
const fatigueWindow = 15 * time.Minute

// fatigueHistory is how many approvals of the window are looked at. What does not notify is charged as a try at the
// password and other kinds need a session or a phone: whoever has that and buries the notified ones under as many others
// wakes nobody.
const fatigueHistory = 1000

// fatigueGlance is how many are read first: mostly the last yes is among them, and what came before it does not matter.
const fatigueGlance = 4

// wake tells whether a further sign-in may wake a user's phones, and counts it when it does.
func wake(tx Tx, user UserID, known bool, now time.Time) (bool, error) {
	may, err := mayNotifyUser(tx, user, known, now)
	if err != nil || !may || known {
		return may, err
	}
	_, may, err = strangersInAll.take(tx, strangersBucket(user), 1, now)
	return may, err
}

// mayNotifyUser reads as much of a user's approvals as it takes to tell whether the first tier lets a further sign-in wake
// the phones.
func mayNotifyUser(tx ApprovalRows, user UserID, known bool, now time.Time) (bool, error) {
	since := now.Add(-fatigueWindow)
	history, err := tx.ApprovalsSince(user, since, fatigueGlance)
	if err != nil {
		return false, err
	}
	may, sure := mayNotify(history, known, now)
	if sure || len(history) < fatigueGlance {
		return may, nil
	}
	if history, err = tx.ApprovalsSince(user, since, fatigueHistory); err != nil {
		return false, err
	}
	may, sure = mayNotify(history, known, now)
	return may && (sure || len(history) < fatigueHistory), nil // what is buried deeper counts as a no
}

// mayNotify tells whether a further sign-in from a known or unknown browser may wake the phones. Beyond the budget the
// request still exists and is found by opening the app. history holds the user's approvals of the window, newest first;
// sure says that older ones would change nothing.
func mayNotify(history []Approval, known bool, now time.Time) (may, sure bool) {
	b := fatigue[known]
	open, unanswered := 0, 0
	for _, a := range history {
		if !a.Kind.ofSignIn() || a.Known != known || !a.Notified || now.Sub(a.CreatedAt) >= b.within {
			continue
		}
		state := a.StateAt(now)
		if state == ApprovalApproved {
			return open < b.open && unanswered < b.unanswered, true
		}
		if state == ApprovalOpen {
			open++
		}
		if unanswered++; open >= b.open || unanswered >= b.unanswered {
			return false, true
		}
	}
	return true, false
}
