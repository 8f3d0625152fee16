package otp

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// rfcTime is the time of RFC 6287's vectors: 0x132d0b6 minutes.
var rfcTime = time.Date(2008, time.March, 25, 12, 6, 30, 0, time.UTC)

// rfcPIN is the SHA-1 of the PIN "1234", as all of RFC 6287's vectors have it.
func rfcPIN() []byte {
	h := sha1.Sum([]byte("1234"))
	return h[:]
}

// All vectors of RFC 6287, appendix C. %d in a question is the vector's number;
// {} repeats it over the whole question.
func TestOCRAMatchesRFC6287AppendixC(t *testing.T) {
	for _, v := range []struct {
		section, suite string
		key            []byte
		question, own  string
		responses      string
	}{
		{"C.1 one-way", "OCRA-1:HOTP-SHA1-6:QN08", key20, "{}", "",
			"237653 243178 653583 740991 608993 388898 816933 224598 750600 294470"},
		{"C.1 one-way, counter and PIN", "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", key32, "12345678", "",
			"65347737 86775851 78192410 71565254 10104329 65983500 70069104 91771096 75011558 08522129"},
		{"C.1 one-way, PIN", "OCRA-1:HOTP-SHA256-8:QN08-PSHA1", key32, "{}", "",
			"83238735 01501458 17957585 86776967 86807031"},
		{"C.1 one-way, counter", "OCRA-1:HOTP-SHA512-8:C-QN08", key64, "{}", "",
			"07016083 63947962 70123924 25341727 33203315 34205738 44343969 51946085 20403879 31409299"},
		{"C.1 one-way, time", "OCRA-1:HOTP-SHA512-8:QN08-T1M", key64, "{}", "",
			"95209754 55907591 22048402 24218844 36209546"},
		{"C.2 mutual, server", "OCRA-1:HOTP-SHA256-8:QA08", key32, "CLI2222%d", "SRV1111%d",
			"28247970 01984843 65387857 03351211 83412541"},
		{"C.2 mutual, client", "OCRA-1:HOTP-SHA256-8:QA08", key32, "SRV1111%d", "CLI2222%d",
			"15510767 90175646 33777207 95285278 28934924"},
		{"C.2 mutual, server, SHA-512", "OCRA-1:HOTP-SHA512-8:QA08", key64, "CLI2222%d", "SRV1111%d",
			"79496648 76831980 12250499 90856481 12761449"},
		{"C.2 mutual, client, PIN", "OCRA-1:HOTP-SHA512-8:QA08-PSHA1", key64, "SRV1111%d", "CLI2222%d",
			"18806276 70020315 01600026 18951020 32528969"},
		{"C.3 signature", "OCRA-1:HOTP-SHA256-8:QA08", key32, "SIG1%d000", "",
			"53095496 04110475 31331128 76028668 46554205"},
		{"C.3 signature, time", "OCRA-1:HOTP-SHA512-8:QA10-T1M", key64, "SIG1%d00000", "",
			"77537423 31970405 10235557 95213541 65360607"},
	} {
		t.Run(v.section, func(t *testing.T) {
			suite, err := ParseSuite(v.suite)
			if err != nil {
				t.Fatal(err)
			}
			number := func(pattern string, i int) string {
				if pattern == "{}" {
					return strings.Repeat(fmt.Sprint(i), 8)
				}
				return strings.ReplaceAll(pattern, "%d", fmt.Sprint(i))
			}
			for i, want := range strings.Fields(v.responses) {
				in := Input{Question: number(v.question, i), Own: number(v.own, i)}
				if suite.Counter {
					in.Counter = uint64(i)
				}
				if suite.PIN != 0 {
					in.PIN = rfcPIN()
				}
				if suite.Step != 0 {
					in.Time = rfcTime
				}
				if got, err := suite.Compute(v.key, in); err != nil || got != want {
					t.Errorf("%s: %s, %v, want %s", in.Question, got, err, want)
				}
			}
		})
	}
}

type protocolVector struct {
	Name     string  `json:"name"`
	Suite    string  `json:"suite"`
	Key      string  `json:"key"`
	Question string  `json:"question"`
	V        string  `json:"v"`
	PIN      *string `json:"pin"`
	Session  string  `json:"session"`
	Message  string  `json:"message"`
	Response string  `json:"response"`
}

func (v protocolVector) input(t *testing.T) (key []byte, in Input) {
	t.Helper()
	in = Input{Question: v.Question, Session: v.Session}
	key, err := hex.DecodeString(v.Key)
	if v.PIN != nil && err == nil {
		in.PIN, err = hex.DecodeString(*v.PIN)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key, in
}

// The vectors were computed by another implementation than this one, and are there
// for every phone to run.
func TestOCRAMatchesProtocolVectors(t *testing.T) {
	text, err := os.ReadFile("../testdata/protocol/ocra.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors, Refused []protocolVector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 10 || len(file.Refused) < 10 {
		t.Fatalf("%d vectors and %d refused ones: is the file whole?", len(file.Vectors), len(file.Refused))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			suite, err := ParseSuite(v.Suite)
			if err != nil {
				t.Fatal(err)
			}
			key, in := v.input(t)
			if pin := sha256.Sum256([]byte(v.V)); hex.EncodeToString(pin[:]) != *v.PIN {
				t.Errorf("pin is not SHA-256 of v's lower-case hex")
			}
			message, err := suite.message(in)
			if err != nil || hex.EncodeToString(message) != v.Message {
				t.Errorf("message = %x, %v", message, err)
			}
			if got, err := suite.Compute(key, in); err != nil || got != v.Response {
				t.Errorf("response = %s, %v, want %s", got, err, v.Response)
			}
		})
	}
	for _, v := range file.Refused {
		t.Run(v.Name, func(t *testing.T) {
			key, in := v.input(t)
			suite, err := ParseSuite(v.Suite)
			if bad := strings.HasPrefix(v.Name, "suite"); bad != (err != nil) {
				t.Fatalf("ParseSuite(%q) = %v", v.Suite, err)
			} else if bad {
				return
			}
			if got, err := suite.Compute(key, in); err == nil || got != "" {
				t.Errorf("response = %q, %v, want an error", got, err)
			}
		})
	}
}

func TestMessageLayout(t *testing.T) {
	suite := Suite{Hash: crypto.SHA1, Digits: 6, Counter: true, Question: Hexadecimal, QuestionLength: 5, Session: 4, Step: time.Minute}
	got, err := suite.message(Input{Counter: 0x0102030405060708, Question: "aBcDe", Session: "é", Time: time.Unix(600, 0)})
	if err != nil {
		t.Fatal(err)
	}
	want := "OCRA-1:HOTP-SHA1-6:C-QH05-S004-T1M\x00" +
		"\x01\x02\x03\x04\x05\x06\x07\x08" +
		"\xab\xcd\xe0" + strings.Repeat("\x00", 125) +
		"\x00\x00\xc3\xa9" +
		"\x00\x00\x00\x00\x00\x00\x00\x0a"
	if string(got) != want {
		t.Errorf("message = %q, want %q", got, want)
	}
}

func TestLongestQuestionsFillTheirRoom(t *testing.T) {
	for format, digit := range map[Format]string{Alphanumeric: "z", Numeric: "9", Hexadecimal: "f"} {
		suite := Suite{Hash: crypto.SHA1, Digits: 6, Question: format, QuestionLength: 64}
		longest := strings.Repeat(digit, 64)
		if _, err := suite.Compute(key20, Input{Question: longest, Own: longest}); err != nil {
			t.Errorf("%c: %v", format, err)
		}
		if _, err := suite.Compute(key20, Input{Question: longest + digit}); !errors.Is(err, ErrInput) {
			t.Errorf("%c, one more: %v, want ErrInput", format, err)
		}
	}
}

func TestNoTruncationGivesTheWholeHMAC(t *testing.T) {
	suite, err := ParseSuite("OCRA-1:HOTP-SHA256-0:QN08")
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key32)
	mac.Write([]byte("OCRA-1:HOTP-SHA256-0:QN08\x00\x10" + strings.Repeat("\x00", 127)))
	want := hex.EncodeToString(mac.Sum(nil))
	if got, err := suite.Compute(key32, Input{Question: "00000001"}); err != nil || got != want {
		t.Errorf("response = %s, %v, want %s", got, err, want)
	}
}

func TestComputeRefusesInputThatDoesNotFit(t *testing.T) {
	plain := Suite{Hash: crypto.SHA1, Digits: 6, Question: Numeric, QuestionLength: 8}
	alnum, full := plain, plain
	alnum.Question = Alphanumeric
	full.PIN, full.Session, full.Step = crypto.SHA1, 8, time.Minute
	good := Input{Question: "1", PIN: rfcPIN(), Session: "s", Time: rfcTime}
	with := func(change func(*Input)) Input {
		in := good
		change(&in)
		return in
	}
	if _, err := full.Compute(key20, good); err != nil {
		t.Fatalf("the input the others are made from: %v", err)
	}
	for name, v := range map[string]struct {
		suite Suite
		in    Input
	}{
		"no question":           {plain, Input{}},
		"own question only":     {plain, Input{Own: "1"}},
		"own question too long": {plain, Input{Question: "1", Own: "123456789"}},
		"sign":                  {plain, Input{Question: "-1"}},
		"underscore":            {plain, Input{Question: "1_0"}},
		"letter in a number":    {plain, Input{Question: "1a"}},
		"punctuation":           {alnum, Input{Question: "a-b"}},
		"not ASCII":             {alnum, Input{Question: "é"}},
		"unasked counter":       {plain, Input{Question: "1", Counter: 1}},
		"unasked PIN":           {plain, Input{Question: "1", PIN: []byte{}}},
		"unasked session":       {plain, Input{Question: "1", Session: "s"}},
		"unasked time":          {plain, Input{Question: "1", Time: rfcTime}},
		"no PIN":                {full, with(func(in *Input) { in.PIN = nil })},
		"PIN not hashed":        {full, with(func(in *Input) { in.PIN = []byte("1234") })},
		"no session":            {full, with(func(in *Input) { in.Session = "" })},
		"session too long":      {full, with(func(in *Input) { in.Session = "123456789" })},
		"session not UTF-8":     {full, with(func(in *Input) { in.Session = "\xff" })},
		"no time":               {full, with(func(in *Input) { in.Time = time.Time{} })},
		"before 1970":           {full, with(func(in *Input) { in.Time = time.Unix(-1, 0) })},
	} {
		got, err := v.suite.Compute(key20, v.in)
		if got != "" || !errors.Is(err, ErrInput) {
			t.Errorf("%s: %q, %v, want ErrInput", name, got, err)
		}
	}
	if _, err := plain.Compute(key20[:15], Input{Question: "1"}); err != ErrKey {
		t.Errorf("short key: %v, want ErrKey", err)
	}
	if _, err := (Suite{}).Compute(key20, Input{Question: "1"}); err != ErrSuite {
		t.Errorf("no suite: %v, want ErrSuite", err)
	}
}
