package otp

import (
	"crypto"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseSuiteReadsEveryPart(t *testing.T) {
	for text, want := range map[string]Suite{
		"OCRA-1:HOTP-SHA1-6:QN08":                        {Hash: crypto.SHA1, Digits: 6, Question: Numeric, QuestionLength: 8},
		"OCRA-1:HOTP-SHA256-0:QA64":                      {Hash: crypto.SHA256, Question: Alphanumeric, QuestionLength: 64},
		"OCRA-1:HOTP-SHA512-10:C-QH04-PSHA512-S999-T48H": {crypto.SHA512, 10, true, Hexadecimal, 4, crypto.SHA512, 999, 48 * time.Hour},
		"OCRA-1:HOTP-SHA256-8:QN06-PSHA256-S064":         {Hash: crypto.SHA256, Digits: 8, Question: Numeric, QuestionLength: 6, PIN: crypto.SHA256, Session: 64},
		"OCRA-1:HOTP-SHA1-4:QN08-S001-T1S":               {Hash: crypto.SHA1, Digits: 4, Question: Numeric, QuestionLength: 8, Session: 1, Step: time.Second},
		"OCRA-1:HOTP-SHA1-4:QN08-PSHA1-T59M":             {Hash: crypto.SHA1, Digits: 4, Question: Numeric, QuestionLength: 8, PIN: crypto.SHA1, Step: 59 * time.Minute},
	} {
		got, err := ParseSuite(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if got.String() != text {
			t.Errorf("%s comes back as %s", text, got)
		}
	}
}

func TestParseSuiteRefuses(t *testing.T) {
	for _, text := range []string{
		"",
		"OCRA-1",
		"OCRA-1:HOTP-SHA1-6",
		"OCRA-1:HOTP-SHA1-6:",
		"OCRA-1:HOTP-SHA1-6:C",
		"OCRA-1:HOTP-SHA1-6:QN08:",
		"OCRA-2:HOTP-SHA1-6:QN08",
		"SHA1-6:QN08",
		"OCRA-1:TOTP-SHA1-6:QN08",
		"ocra-1:hotp-sha1-6:qn08",
		"OCRA-1:HOTP-MD5-6:QN08",
		"OCRA-1:HOTP-SHA1:QN08",
		"OCRA-1:HOTP-SHA1-:QN08",
		"OCRA-1:HOTP-SHA1-3:QN08",
		"OCRA-1:HOTP-SHA1-11:QN08",
		"OCRA-1:HOTP-SHA1-06:QN08",
		"OCRA-1:HOTP-SHA1-+6:QN08",
		"OCRA-1:HOTP-SHA1-6:Q",
		"OCRA-1:HOTP-SHA1-6:QN",
		"OCRA-1:HOTP-SHA1-6:QN8",
		"OCRA-1:HOTP-SHA1-6:QN008",
		"OCRA-1:HOTP-SHA1-6:QN03",
		"OCRA-1:HOTP-SHA1-6:QN65",
		"OCRA-1:HOTP-SHA1-6:QN-8",
		"OCRA-1:HOTP-SHA1-6:QX08",
		"OCRA-1:HOTP-SHA1-6:QN08-C",
		"OCRA-1:HOTP-SHA1-6:CX-QN08",
		"OCRA-1:HOTP-SHA1-6:C-C-QN08",
		"OCRA-1:HOTP-SHA1-6:QN08-QN08",
		"OCRA-1:HOTP-SHA1-6:QN08-P",
		"OCRA-1:HOTP-SHA1-6:QN08-PMD5",
		"OCRA-1:HOTP-SHA1-6:QN08-S64",
		"OCRA-1:HOTP-SHA1-6:QN08-S000",
		"OCRA-1:HOTP-SHA1-6:QN08-S1000",
		"OCRA-1:HOTP-SHA1-6:QN08-S064-PSHA1",
		"OCRA-1:HOTP-SHA1-6:QN08-T",
		"OCRA-1:HOTP-SHA1-6:QN08-TM",
		"OCRA-1:HOTP-SHA1-6:QN08-T1",
		"OCRA-1:HOTP-SHA1-6:QN08-T0S",
		"OCRA-1:HOTP-SHA1-6:QN08-T0H",
		"OCRA-1:HOTP-SHA1-6:QN08-T01M",
		"OCRA-1:HOTP-SHA1-6:QN08-T60S",
		"OCRA-1:HOTP-SHA1-6:QN08-T60M",
		"OCRA-1:HOTP-SHA1-6:QN08-T49H",
		"OCRA-1:HOTP-SHA1-6:QN08-T1D",
		"OCRA-1:HOTP-SHA1-6:QN08-T256S",
		"OCRA-1:HOTP-SHA1-6:QN08-X",
		"OCRA-1:HOTP-SHA1-6:QN08-",
		"OCRA-1:HOTP-SHA1-6:-QN08",
		" OCRA-1:HOTP-SHA1-6:QN08",
		"OCRA-1:HOTP-SHA1-6:QN08\n",
	} {
		if s, err := ParseSuite(text); !errors.Is(err, ErrSuite) || s != (Suite{}) {
			t.Errorf("%q: %+v, %v, want ErrSuite", text, s, err)
		}
	}
}

// Every suite that check lets through has a text that reads as that suite.
func TestSuiteRoundTrips(t *testing.T) {
	hashes := []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512}
	rapid.Check(t, func(t *rapid.T) {
		s := Suite{
			Hash:           rapid.SampledFrom(hashes).Draw(t, "hash"),
			Digits:         rapid.OneOf(rapid.Just(0), rapid.IntRange(4, 10)).Draw(t, "digits"),
			Counter:        rapid.Bool().Draw(t, "counter"),
			Question:       rapid.SampledFrom([]Format{Alphanumeric, Numeric, Hexadecimal}).Draw(t, "format"),
			QuestionLength: rapid.IntRange(4, 64).Draw(t, "length"),
			PIN:            rapid.SampledFrom(append(hashes, 0)).Draw(t, "pin"),
			Session:        rapid.IntRange(0, 999).Draw(t, "session"),
		}
		n := time.Duration(rapid.IntRange(0, 59).Draw(t, "n"))
		s.Step = n * rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "unit")
		if hours := rapid.IntRange(0, 48).Draw(t, "hours"); n == 0 {
			s.Step = time.Duration(hours) * time.Hour
		}
		if got, err := ParseSuite(s.String()); err != nil || got != s {
			t.Fatalf("%s reads as %+v, %v", s, got, err)
		}
	})
}

func FuzzParseSuite(f *testing.F) {
	f.Add("OCRA-1:HOTP-SHA1-6:QN08")
	f.Add("OCRA-1:HOTP-SHA512-8:C-QA10-PSHA1-S064-T1M")
	f.Add("OCRA-1:HOTP-SHA256-0:QH64-T48H")
	f.Add("OCRA-1:HOTP-SHA256-8:QN06-PSHA256-S064")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSuite(text)
		if err != nil {
			if s != (Suite{}) {
				t.Errorf("%q: a suite came with an error", text)
			}
			return
		}
		if s.String() != text {
			t.Errorf("%q comes back as %q", text, s)
		}
		in := Input{Question: "1234", PIN: make([]byte, 0)}
		if s.PIN != 0 {
			in.PIN = make([]byte, s.PIN.Size())
		} else {
			in.PIN = nil
		}
		if s.Session != 0 {
			in.Session = "s"
		}
		if s.Step != 0 {
			in.Time = time.Unix(1, 0)
		}
		if response, err := s.Compute(key20, in); err != nil || s.Digits != 0 && len(response) != s.Digits {
			t.Errorf("%q computes %q, %v", text, response, err)
		}
	})
}
