package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// trouble is something that goes wrong on the way of a guide, in our words, and the tests that show what the person sees then.
// Those of the guides are T1 to T3.
type trouble struct {
	id, happens string
	tests       []string
}

var troubles = []trouble{
	{"T1", "the phone's own camera does not read square codes: its switch Scan QR codes is off", []string{
		"TestWhyAPhoneDoesNotReadTheCodeIsExplainedOnTheSpot", "TestHelpWithTheCameraStandsInEveryLanguage"}},
	{"T2", "the camera that opens is the front one", []string{"TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/front"}},
	{"T3", "this phone is active already, for this very user: a test request proves it", []string{"TestAUserWhoIsActiveHereIsOfferedATest"}},
	{"T3", "the user is active on another phone already: a test request from the portal proves it", []string{
		"TestAPhoneIsTestedWhileAnotherIsAddedAndWithoutScript", "TestEveryScreenAboutPhonesStandsInEveryLanguage"}},
	{"T3", "the code was used", []string{"TestEveryTroubleWithACodeIsExplainedInEveryLanguage", "TestACodeThatCannotWorkIsExplainedInEveryLanguage", "TestTroublesWithTheCode"}},
	{"T3", "the code has expired", []string{"TestACodeThatCannotWorkIsExplainedInEveryLanguage", "TestTroublesWithTheCode"}},

	{"", "a group of the code is mistyped, and is named", []string{"TestACodeThatCannotWorkIsExplainedInEveryLanguage"}},
	{"", "a fresh code is wanted: out of the portal and in again", []string{"TestWhyAPhoneDoesNotReadTheCodeIsExplainedOnTheSpot"}},
	{"", "the camera is denied, by the browser or by the phone", []string{
		"TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/denied", "TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/denied-by-system",
		"TestACameraThatSeesNothingOrIsForbiddenGetsHelp"}},
	{"", "the camera is busy", []string{"TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/busy"}},
	{"", "there is no camera", []string{"TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/absent"}},
	{"", "the code is out of focus or too small: zoom, light, another lens", []string{
		"TestEveryTroubleWithCamerasIsExplainedInEveryLanguage/slow", "TestTheScannerReadsWhatCamerasSee"}},
	{"", "the square code is of something else altogether, or another server's", []string{"TestACodeThatCannotWorkIsExplainedInEveryLanguage"}},
	{"", "the connection is lost in the middle, and what was asked for is sent when it is back", []string{
		"TestAnActivationThatLostItsServerGoesOnByItself", "TestAnActivationThatLostItsServerIsResumedByAnAppThatWasClosed"}},
	{"", "notifications are not allowed", []string{"TestNotificationsThatAreRefusedAreNotAskedForAgain"}},
	{"", "the browser keeps nothing: a private window, Lockdown Mode", []string{"TestABrowserThatKeepsNothingSaysSo"}},
	{"", "the phone is rooted, too old, or has no screen lock", []string{"TestTroublesWithThePhone"}},
	{"", "the link was opened in another app's browser, which installs nothing", []string{"TestAnotherAppsBrowserGivesTheAddressAlong"}},
	{"", "the activation was somebody else's", []string{"TestAnActivationThatWasNotMineIsUndoneFromThePortal", "TestFingerAndDigitsStandInEveryLanguage"}},
}

// testsHere are the tests of this package by name, and by "name/case" those of the table of cameras.
func testsHere(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walkers []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			found[f.Name.Name] = true
			ast.Inspect(f, func(n ast.Node) bool { // whether it walks the table of cameras
				if id, ok := n.(*ast.Ident); ok && id.Name == "cameraTroubles" {
					walkers = append(walkers, f.Name.Name)
				}
				return true
			})
		}
	}
	for _, c := range cameraTroubles {
		for _, test := range walkers {
			found[test+"/"+c.name] = true
		}
	}
	return found
}

func TestEveryTroubleIsShownByATest(t *testing.T) {
	here, guides := testsHere(t), map[string]int{}
	for _, trouble := range troubles {
		guides[trouble.id]++
		if len(trouble.tests) == 0 {
			t.Errorf("no test shows: %s", trouble.happens)
		}
		for _, name := range trouble.tests {
			if !here[name] {
				t.Errorf("there is no test %s, which should show: %s", name, trouble.happens)
			}
		}
	}
	for id, least := range map[string]int{"T1": 1, "T2": 1, "T3": 4} {
		if guides[id] < least {
			t.Errorf("%s stands in the table %d times, want %d", id, guides[id], least)
		}
	}
}
