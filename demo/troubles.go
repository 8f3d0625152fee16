package demo

// how a trouble of the panel is played.
type how string

const (
	byPhone  how = "phone"  // the phone app pretends, until it is switched off
	byScan   how = "scan"   // something happens while the phone scans the next time
	byServer how = "server" // something happens at once
	byPortal how = "portal" // the portal's frame goes to the page that begins it
	byHand   how = "hand"   // nothing to switch on: the person does it, and the panel says how
)

// trouble is one row of the panel: what will happen, and what to look for.
type trouble struct {
	ID          string // "rooted": the page's script knows it by this name
	How         how
	Title, Text string // catalogue keys
}

// group is the troubles that belong together.
type group struct {
	Title    string // catalogue key
	Troubles []trouble
}

var groups = []group{
	{"demo.trouble.with_code", []trouble{
		{"used", byScan, "demo.trouble.used", "demo.trouble.used_text"},
		{"expired", byScan, "demo.trouble.expired", "demo.trouble.expired_text"},
		{"other", byScan, "demo.trouble.other", "demo.trouble.other_text"},
		{"group", byHand, "demo.trouble.group", "demo.trouble.group_text"},
		{"already", byPortal, "demo.trouble.already", "demo.trouble.already_text"},
	}},
	{"demo.trouble.with_phone", []trouble{
		{"rooted", byPhone, "demo.trouble.rooted", "demo.trouble.rooted_text"},
		{"old", byPhone, "demo.trouble.old", "demo.trouble.old_text"},
		{"unlocked", byPhone, "demo.trouble.unlocked", "demo.trouble.unlocked_text"},
		{"storage", byPhone, "demo.trouble.storage", "demo.trouble.storage_text"},
		{"offline", byPhone, "demo.trouble.offline", "demo.trouble.offline_text"},
		{"notifications", byPhone, "demo.trouble.notifications", "demo.trouble.notifications_text"},
	}},
	{"demo.trouble.with_camera", []trouble{
		{"denied", byPhone, "demo.trouble.denied", "demo.trouble.denied_text"},
		{"absent", byPhone, "demo.trouble.absent", "demo.trouble.absent_text"},
		{"busy", byPhone, "demo.trouble.busy", "demo.trouble.busy_text"},
	}},
	{"demo.trouble.with_sign_in", []trouble{
		{"stranger", byServer, "demo.trouble.stranger", "demo.trouble.stranger_text"},
		{"slow", byPhone, "demo.trouble.slow", "demo.trouble.slow_text"},
		{"pin", byHand, "demo.trouble.pin", "demo.trouble.pin_text"},
	}},
}
