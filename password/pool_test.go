package password

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// cheap keeps tests of everything but the default parameters fast.
var cheap = Params{Memory: 64, Passes: 1, Lanes: 1}

var someone = Request{Source: "192.0.2.1"}

func TestHashVerifies(t *testing.T) {
	p := New(Config{})
	defer p.Close()
	ctx := t.Context()
	phc, err := p.Hash(ctx, someone, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash = %s, not with OWASP's parameters", phc)
	}
	if ok, rehash, err := p.Verify(ctx, someone, phc, "correct horse"); !ok || rehash || err != nil {
		t.Errorf("right password: %v, %v, %v", ok, rehash, err)
	}
	if ok, rehash, err := p.Verify(ctx, someone, phc, "correct horsf"); ok || rehash || err != nil {
		t.Errorf("wrong password: %v, %v, %v", ok, rehash, err)
	}
	again, err := p.Hash(ctx, someone, "correct horse")
	if err != nil || again == phc {
		t.Errorf("the same password hashes to the same string (%v): no salt", err)
	}
}

// Vectors of the argon2 command of the reference implementation (P-H-C/phc-winner-argon2),
// from its test suite.
func TestVerifyMatchesReferenceImplementation(t *testing.T) {
	p := New(Config{Params: cheap})
	defer p.Close()
	for _, v := range []struct{ phc, password string }{
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
		{"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
		{"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94", "differentpassword"},
	} {
		if ok, rehash, err := p.Verify(t.Context(), someone, v.phc, v.password); !ok || !rehash || err != nil {
			t.Errorf("%s: %v, rehash %v, %v", v.phc, ok, rehash, err)
		}
	}
}

func TestOnlyARightPasswordIsRehashedAndOnlyWhenParametersChanged(t *testing.T) {
	old, raised := New(Config{Params: cheap}), New(Config{Params: Params{Memory: 128, Passes: 1, Lanes: 1}})
	defer old.Close()
	defer raised.Close()
	phc, err := old.Hash(t.Context(), someone, "password")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		pool       *Pool
		password   string
		ok, rehash bool
	}{
		{old, "password", true, false},
		{raised, "password", true, true},
		{raised, "passwore", false, false},
	} {
		if ok, rehash, err := v.pool.Verify(t.Context(), someone, phc, v.password); ok != v.ok || rehash != v.rehash || err != nil {
			t.Errorf("%s: %v, %v, %v, want %v, %v", v.password, ok, rehash, err, v.ok, v.rehash)
		}
	}
}

func TestUnknownNameCostsAHashAndIsNeverRight(t *testing.T) {
	var costs []Params
	p := newPool(Config{Params: cheap, Workers: 1}, nil)
	p.derive = func(_, _ []byte, params Params, length int) []byte {
		costs = append(costs, params)
		return p.dummy.tag // even where the dummy's own tag comes out
	}
	defer p.Close()
	if ok, rehash, err := p.Verify(t.Context(), someone, "", "anything"); ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
	}
	if len(costs) != 1 || costs[0] != cheap {
		t.Errorf("it cost %v, want one hash of %v", costs, cheap)
	}
}

func TestPasswordsAreNormalised(t *testing.T) {
	p := New(Config{Params: cheap})
	defer p.Close()
	composed, decomposed, fullWidth := "caf\u00e9", "cafe\u0301", "\uff43\uff41\uff46\u00e9"
	phc, err := p.Hash(t.Context(), someone, composed)
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{decomposed, fullWidth} {
		if ok, _, err := p.Verify(t.Context(), someone, phc, password); !ok || err != nil {
			t.Errorf("%+q is not the same as %+q: %v", password, composed, err)
		}
	}
	for _, password := range []string{"cafe", "Caf\u00e9", "caf\u00e9 "} {
		if ok, _, err := p.Verify(t.Context(), someone, phc, password); ok || err != nil {
			t.Errorf("%+q is the same as %+q: %v", password, composed, err)
		}
	}
}

func TestLengthIsCountedInCodePoints(t *testing.T) {
	p := New(Config{Params: cheap})
	defer p.Close()
	for _, letter := range []string{"a", "é", "猫", "🔑", "\ufdfa"} {
		longest := strings.Repeat(letter, MaxLength)
		phc, err := p.Hash(t.Context(), someone, longest)
		if err != nil {
			t.Errorf("%d × %s: %v", MaxLength, letter, err)
			continue
		}
		if ok, _, err := p.Verify(t.Context(), someone, phc, longest); !ok || err != nil {
			t.Errorf("%d × %s does not verify: %v", MaxLength, letter, err)
		}
		if _, err := p.Hash(t.Context(), someone, longest+letter); err != ErrPassword {
			t.Errorf("%d × %s: %v, want ErrPassword", MaxLength+1, letter, err)
		}
	}
	if _, err := p.Hash(t.Context(), someone, "\xff"); err != ErrPassword {
		t.Errorf("not UTF-8: %v, want ErrPassword", err)
	}
}

func TestPasswordThatNoHashHasIsWrongForEveryName(t *testing.T) {
	p := New(Config{Params: cheap})
	defer p.Close()
	for _, phc := range []string{"", good} {
		for _, password := range []string{"\xff", strings.Repeat("a", MaxLength+1), strings.Repeat("a", 1<<20)} {
			if ok, rehash, err := p.Verify(t.Context(), someone, phc, password); ok || rehash || err != nil {
				t.Errorf("Verify(%q, %.10q…) = %v, %v, %v", phc, password, ok, rehash, err)
			}
		}
	}
}

func TestUnreadableHashIsAnErrorNotAWrongPassword(t *testing.T) {
	p := New(Config{Params: cheap})
	defer p.Close()
	if ok, _, err := p.Verify(t.Context(), someone, "$argon2id$", "password"); ok || err != ErrHash {
		t.Errorf("Verify = %v, %v, want ErrHash", ok, err)
	}
}

func TestNewRefusesParametersOutOfBounds(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(Config{Params: Params{Memory: maxMemory + 1, Passes: 1, Lanes: 1}})
}

func TestConcurrentUse(t *testing.T) {
	p := New(Config{Params: cheap, Workers: 2, PerSource: 4, Waiting: 8})
	phc, err := p.Hash(t.Context(), someone, "password")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			from := Request{Source: fmt.Sprint(i % 5), Known: i%3 == 0}
			for n := range 50 {
				if n == 40 && i%4 == 0 {
					cancel()
				}
				ok, rehash, err := p.Verify(ctx, from, phc, "password")
				if err == nil && (!ok || rehash) || err != nil && ok {
					t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
				}
				if err != nil && err != ErrBusy && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	p.Close()
	if got := p.Load(); got != (Load{}) {
		t.Errorf("Load = %+v after Close", got)
	}
	if n := len(p.queue.running); n != 0 {
		t.Errorf("%d sources still count as running", n)
	}
}

// One sign-in's worth of hashing at the default parameters, on all processors.
func BenchmarkVerify(b *testing.B) {
	p := New(Config{PerSource: 1 << 20, Waiting: 1 << 20})
	defer p.Close()
	phc, err := p.Hash(b.Context(), someone, "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if ok, _, err := p.Verify(b.Context(), someone, phc, "correct horse"); !ok || err != nil {
				b.Errorf("Verify = %v, %v", ok, err)
			}
		}
	})
}

// What the queue itself costs.
func BenchmarkQueue(b *testing.B) {
	p := newPool(Config{}, func(_, _ []byte, _ Params, length int) []byte { return make([]byte, length) })
	defer p.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Verify(b.Context(), someone, "", "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}
