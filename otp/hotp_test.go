package otp

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"
	"time"
)

// The keys of the RFCs' appendices: "1234567890" over and over.
var (
	key20 = []byte("12345678901234567890")
	key32 = []byte("12345678901234567890123456789012")
	key64 = []byte("1234567890123456789012345678901234567890123456789012345678901234")
)

func TestHOTPMatchesRFC4226AppendixD(t *testing.T) {
	for counter, v := range []struct{ mac, code string }{
		{"cc93cf18508d94934c64b65d8ba7667fb7cde4b0", "755224"},
		{"75a48a19d4cbe100644e8ac1397eea747a2d33ab", "287082"},
		{"0bacb7fa082fef30782211938bc1c5e70416ff44", "359152"},
		{"66c28227d03a2d5529262ff016a1e6ef76557ece", "969429"},
		{"a904c900a64b35909874b33e61c5938a8e15ed1c", "338314"},
		{"a37e783d7b7233c083d4f62926c7a25f238d0316", "254676"},
		{"bc9cd28561042c83f219324d3c607256c03272ae", "287922"},
		{"a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", "162583"},
		{"1b3c89f65e6c9e883012052823443f048b4332db", "399871"},
		{"1637409809a679dc698207310c8c7fc07290d9e5", "520489"},
	} {
		mac := sum(crypto.SHA1, key20, binary.BigEndian.AppendUint64(nil, uint64(counter)))
		if hex.EncodeToString(mac) != v.mac {
			t.Errorf("counter %d: HMAC %x, want %s", counter, mac, v.mac)
		}
		if got, err := HOTP(crypto.SHA1, key20, uint64(counter), 6); err != nil || got != v.code {
			t.Errorf("counter %d: %s, %v, want %s", counter, got, err, v.code)
		}
	}
}

// RFC 4226, section 5.4, works one truncation through by hand.
func TestTruncationMatchesRFC4226Section54(t *testing.T) {
	mac, err := hex.DecodeString("1f8698690e02ca16618550ef7f19da8e945b555a")
	if err != nil {
		t.Fatal(err)
	}
	for digits, want := range map[int]string{6: "872921", 7: "7872921", 8: "57872921", 10: "1357872921"} {
		if got := truncate(mac, digits); got != want {
			t.Errorf("%d digits: %s, want %s", digits, got, want)
		}
	}
}

// The keys are those of RFC 6238, erratum 2866: 20, 32 and 64 bytes.
func TestTOTPMatchesRFC6238AppendixB(t *testing.T) {
	for _, v := range []struct {
		unix                 int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for _, c := range []struct {
			hash crypto.Hash
			key  []byte
			want string
		}{{crypto.SHA1, key20, v.sha1}, {crypto.SHA256, key32, v.sha256}, {crypto.SHA512, key64, v.sha512}} {
			got, err := TOTP(c.hash, c.key, time.Unix(v.unix, 0), 30*time.Second, 8)
			if err != nil || got != c.want {
				t.Errorf("%v at %d: %s, %v, want %s", c.hash, v.unix, got, err, c.want)
			}
		}
	}
}

func TestHOTPRefusesWhatTheRFCDoesNotHave(t *testing.T) {
	for name, v := range map[string]struct {
		hash   crypto.Hash
		key    []byte
		digits int
		want   error
	}{
		"5 digits":  {crypto.SHA1, key20, 5, ErrParameters},
		"11 digits": {crypto.SHA1, key20, 11, ErrParameters},
		"no hash":   {0, key20, 6, ErrParameters},
		"MD5":       {crypto.MD5, key20, 6, ErrParameters},
		"short key": {crypto.SHA1, key20[:MinKey-1], 6, ErrKey},
		"no key":    {crypto.SHA1, nil, 6, ErrKey},
	} {
		if got, err := HOTP(v.hash, v.key, 0, v.digits); got != "" || !errors.Is(err, v.want) {
			t.Errorf("%s: %q, %v, want %v", name, got, err, v.want)
		}
	}
	if _, err := HOTP(crypto.SHA512, bytes.Repeat([]byte{1}, MinKey), 1<<64-1, 10); err != nil {
		t.Errorf("shortest key, last counter, most digits: %v", err)
	}
}

func TestStepsCountsWholeStepsSince1970(t *testing.T) {
	for _, v := range []struct {
		at   time.Time
		step time.Duration
		want uint64
	}{
		{time.Unix(0, 0), 30 * time.Second, 0},
		{time.Unix(29, 999_999_999), 30 * time.Second, 0},
		{time.Unix(30, 0), 30 * time.Second, 1},
		{time.Unix(3600, 0), time.Hour, 1},
	} {
		if got, err := Steps(v.at, v.step); err != nil || got != v.want {
			t.Errorf("%v by %v: %d, %v, want %d", v.at, v.step, got, err, v.want)
		}
	}
	for name, v := range map[string]struct {
		at   time.Time
		step time.Duration
	}{
		"before 1970":       {time.Unix(-1, 0), time.Second},
		"no time at all":    {time.Time{}, time.Second},
		"no step":           {time.Unix(1, 0), 0},
		"a step backwards":  {time.Unix(1, 0), -time.Second},
		"half a second":     {time.Unix(1, 0), time.Second / 2},
		"a second and more": {time.Unix(1, 0), time.Second + 1},
	} {
		if _, err := TOTP(crypto.SHA1, key20, v.at, v.step, 6); !errors.Is(err, ErrParameters) {
			t.Errorf("%s: %v, want ErrParameters", name, err)
		}
	}
}

func TestEqual(t *testing.T) {
	if !Equal("12345678", "12345678") || Equal("12345678", "12345679") || Equal("1234567", "12345678") || Equal("", "0") {
		t.Error("Equal is wrong about two strings")
	}
}
