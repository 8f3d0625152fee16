package test

// row is one step of an activation guide, in our words: what a person does on Nodkey at that step. Where the reference's step
// is about an app shop, the row says what stands in its place: the app is a page that the phone's browser puts on the home
// screen.
type row struct{ guide, step, does string }

// The guides: A activates a phone, B adds a user to one, M sets how messages come. 1 and 3 and their like are typed or scanned as
// their last word says.
var rows = []row{
	// Android, a phone's first activation, the code typed.
	{"A1", "1", "opens the phone app's address in the browser, in place of an app shop"},
	{"A1", "2", "reads whose app it is, in place of searching for it"},
	{"A1", "3", "touches Install this app, then Install, and says yes to the browser's prompt"},
	{"A1", "4", "opens the app from the home screen"},
	{"A1", "5", "touches REGISTER TWO-FACTOR"},
	{"A1", "6", "finds the field of the SESSION ID"},
	{"A1", "7", "types the characters below the portal's square code"},
	{"A1", "8", "creates a PIN, its guidelines in sight, and touches ACTIVATE"},
	{"A1", "9", "touches DONE"},

	// Android, a phone's first activation, the code scanned in the app.
	{"A2", "1", "opens the phone app's address in the browser, in place of an app shop"},
	{"A2", "2", "reads whose app it is, in place of searching for it"},
	{"A2", "3", "installs it by the browser's menu, as the page draws it, where the browser offers no prompt"},
	{"A2", "4", "opens the app from the home screen"},
	{"A2", "5", "touches REGISTER TWO-FACTOR"},
	{"A2", "6", "comes to the SESSION ID, with the way to scan it below"},
	{"A2", "7", "touches QR CODE"},
	{"A2", "8", "allows the camera"},
	{"A2", "9", "points at the portal's square code"},
	{"A2", "10", "creates a PIN and touches ACTIVATE"},
	{"A2", "11", "touches DONE"},

	// iPhone, a phone's first activation, the code typed.
	{"A3", "1", "opens the phone app's address in Safari, in place of an app shop"},
	{"A3", "2", "touches Install this app, in place of searching for it"},
	{"A3", "3", "reads whose app it is, in place of typing its name"},
	{"A3", "4", "adds it to the home screen by Share, as the page draws it"},
	{"A3", "5", "opens the app from the home screen"},
	{"A3", "6", "touches Set up using QR code"},
	{"A3", "7", "types the portal's characters into Activation Code"},
	{"A3", "8", "touches Activate"},
	{"A3", "9", "touches Done"},

	// iPhone, a phone's first activation, the code read by the phone's own camera.
	{"A4", "1", "signs in to the portal and sees the square code"},
	{"A4", "2", "opens the phone's camera, which is no part of the app"},
	{"A4", "3", "points at the code: it holds a link to the phone app"},
	{"A4", "4", "reads on the camera's banner which site the link leads to"},
	{"A4", "5", "touches the banner: the site says whose app it is and how to install it"},
	{"A4", "6", "adds it to the home screen by Share"},
	{"A4", "7", "scans the same code again: nothing was used up"},
	{"A4", "8", "is told the installed app's name, takes the code along, opens the app and pastes it"},
	{"A4", "9", "allows notifications, asked once whose code it is was read"},
	{"A4", "10", "shows face, finger or passcode"},
	{"A4", "11", "touches Done"},

	// Android, a further user, the code typed.
	{"B1", "1", "opens the app, where somebody is active already"},
	{"B1", "1a", "touches Services, top left"},
	{"B1", "1b", "touches More, top left, then Two-Factor Authentication and Add User"},
	{"B1", "2", "touches Authenticate, then Add User"},
	{"B1", "3", "reads the instructions and touches SESSION ID"},
	{"B1", "4", "types the characters below the portal's square code"},
	{"B1", "5", "types the PIN that this phone has and touches ACTIVATE"},
	{"B1", "6", "touches DONE"},

	// Android, a further user, the code scanned in the app.
	{"B2", "1", "opens the app, where somebody is active already"},
	{"B2", "1a", "touches Services, top left"},
	{"B2", "1b", "touches More, top left, then Two-Factor Authentication and Add User"},
	{"B2", "2", "touches Authenticate, then Add User"},
	{"B2", "3", "reads the instructions and touches SESSION ID"},
	{"B2", "4", "touches QR CODE"},
	{"B2", "5", "allows the camera"},
	{"B2", "6", "points at the portal's square code"},
	{"B2", "7", "types the PIN that this phone has and touches ACTIVATE"},
	{"B2", "8", "touches DONE"},

	// iPhone, a further user, the code typed.
	{"B3", "1", "opens the app, where somebody is active already"},
	{"B3", "1a", "touches Services, top left"},
	{"B3", "1b", "touches More, bottom right, then Two-Factor Authentication and Add User"},
	{"B3", "2", "touches Authenticate, then Add User"},
	{"B3", "3", "reads the instructions and touches Set up using QR code"},
	{"B3", "4", "types the portal's characters into Activation Code"},
	{"B3", "5", "touches Activate"},
	{"B3", "6", "touches Done"},

	// iPhone, a further user, the code scanned in the app.
	{"B4", "1", "opens the app, where somebody is active already"},
	{"B4", "1a", "touches Services, top left"},
	{"B4", "1b", "touches More, bottom right, then Two-Factor Authentication and Add User"},
	{"B4", "2", "touches Authenticate, then Add User"},
	{"B4", "3", "reads the instructions and touches Set up using QR code"},
	{"B4", "4", "touches Launch Camera"},
	{"B4", "5", "allows the camera"},
	{"B4", "6", "points at the portal's square code"},
	{"B4", "7", "shows face, finger or passcode"},
	{"B4", "8", "touches Done"},

	// The portal, the message settings.
	{"M", "1", "logs in to the portal"},
	{"M", "2", "opens the user menu and chooses Secure message centre"},
	{"M", "3", "presses the gear beside Write a new message"},
	{"M", "4", "reads the settings, which say that only summaries leave"},
	{"M", "5", "chooses first and second language from drop-down lists"},
	{"M", "6", "chooses how summaries come, under Secure message delivery"},
	{"M", "7", "presses Save and is told that it is saved"},
}
