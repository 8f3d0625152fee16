package nodkey_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
)

// verifies checks a signature with a published key.
func verifies(t *testing.T, k nodkey.SigningKey, input, signature []byte) bool {
	t.Helper()
	public, err := k.Key()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(input)
	switch public := public.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() == 2048 && rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		return len(signature) == 64 && ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}
	return false
}

func published(t *testing.T, keys *nodkey.SigningKeys) map[string]nodkey.SigningKey {
	t.Helper()
	list, err := keys.Published(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]nodkey.SigningKey{}
	for _, k := range list {
		out[k.ID] = k
	}
	return out
}

func current(t *testing.T, keys *nodkey.SigningKeys, alg nodkey.SigningAlg) nodkey.SigningKey {
	t.Helper()
	k, err := keys.Current(context.Background(), alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTokensAreSignedWithKeysThatArePublishedBeforeAndAfter(t *testing.T) {
	h := start(t, nil)
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range nodkey.SigningAlgs() {
		first := current(t, h.SigningKeys, alg)
		if again := current(t, second.SigningKeys, alg); again.ID != first.ID {
			t.Errorf("%s: two servers sign with two keys", alg)
		}
		signature, err := h.SigningKeys.Sign(first, []byte("input"))
		if err != nil || !verifies(t, published(t, second.SigningKeys)[first.ID], []byte("input"), signature) || verifies(t, first, []byte("other"), signature) {
			t.Errorf("%s: %x, %v", alg, signature, err)
		}
	}
	before := current(t, h.SigningKeys, nodkey.SigningES256)
	made, err := h.SigningKeys.Rotate(h.ctx, h.Desk(), time.Hour, false)
	if err != nil || len(made) != 2 {
		t.Fatalf("%+v, %v", made, err)
	}
	next := made[1]
	at := func(when time.Duration, want nodkey.SigningKey, shown ...nodkey.SigningKey) {
		t.Helper()
		if got := current(t, second.SigningKeys, nodkey.SigningES256); got.ID != want.ID {
			t.Errorf("after %s it is signed with %s, want %s", when, got.ID, want.ID)
		}
		there := published(t, second.SigningKeys)
		for _, k := range []nodkey.SigningKey{before, next} {
			want := false
			for _, s := range shown {
				want = want || s.ID == k.ID
			}
			if _, has := there[k.ID]; has != want {
				t.Errorf("after %s %s is published: %t", when, k.ID, has)
			}
		}
	}
	at(0, before, before, next)
	h.Clock.Advance(time.Hour - time.Millisecond)
	at(time.Hour-time.Millisecond, before, before, next)
	h.Clock.Advance(time.Millisecond)
	at(time.Hour, next, before, next)
	h.Clock.Advance(nodkey.SigningKeyKept - time.Millisecond)
	at(nodkey.SigningKeyKept, next, before, next)
	h.Clock.Advance(time.Millisecond)
	at(nodkey.SigningKeyKept, next, next)
}

func TestStolenSigningKeysCountNoMore(t *testing.T) {
	h := start(t, nil)
	old := current(t, h.SigningKeys, nodkey.SigningRS256)
	if _, err := h.SigningKeys.Rotate(h.ctx, h.Desk(), time.Hour, true); !nodkey.HasKey(err, "signing_key.after") {
		t.Errorf("dropped later: %v", err)
	}
	made, err := h.SigningKeys.Rotate(h.ctx, h.Desk(), 0, true)
	if err != nil || len(made) != 1 {
		t.Fatalf("%+v, %v", made, err)
	}
	if there := published(t, h.SigningKeys); len(there) != 1 || current(t, h.SigningKeys, nodkey.SigningRS256).ID != made[0].ID || there[old.ID].ID != "" {
		t.Errorf("%v are published", there)
	}
}

func TestSigningKeysAreRotatedByThemselvesOnceInTheirTime(t *testing.T) {
	h := start(t, nil)
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SigningKeys.Tick(h.ctx); err != nil || len(published(t, h.SigningKeys)) != 0 {
		t.Errorf("keys are made that nobody wants: %v", err)
	}
	first := current(t, h.SigningKeys, nodkey.SigningRS256)
	tick := func(want int) {
		t.Helper()
		for _, keys := range []*nodkey.SigningKeys{h.SigningKeys, second.SigningKeys} {
			if err := keys.Tick(h.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if there := published(t, h.SigningKeys); len(there) != want {
			t.Errorf("%d keys are published, want %d", len(there), want)
		}
	}
	h.Clock.Advance(nodkey.SigningKeyAge - time.Millisecond)
	tick(1)
	h.Clock.Advance(time.Millisecond)
	tick(2)
	tick(2)
	if current(t, h.SigningKeys, nodkey.SigningRS256).ID != first.ID {
		t.Error("the new key signs before applications know it")
	}
	h.Clock.Advance(nodkey.SigningKeyAhead)
	if current(t, second.SigningKeys, nodkey.SigningRS256).ID == first.ID {
		t.Error("the new key does not sign")
	}
}

func TestTheFirstSigningKeyIsOneHoweverManyWantIt(t *testing.T) {
	h := start(t, nil)
	var wait sync.WaitGroup
	got := make([]nodkey.SigningKey, 8)
	for i := range got {
		wait.Go(func() { got[i], _ = h.SigningKeys.Current(h.ctx, nodkey.SigningES256) })
	}
	wait.Wait()
	for _, k := range got {
		if k.ID == "" || k.ID != got[0].ID {
			t.Errorf("%q and %q", k.ID, got[0].ID)
		}
	}
}

func TestSigningKeysAreTheOperatorsToRotateAndSealed(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	_, err := h.SigningKeys.Rotate(h.ctx, p.enter(t), 0, false)
	is(t, err, "operator.only", "a person")
	for _, after := range []time.Duration{-time.Second, nodkey.SigningKeyWait + time.Second} {
		_, err := h.SigningKeys.Rotate(h.ctx, h.Desk(), after, false)
		is(t, err, "signing_key.after", "after %s", after)
	}
	if made, err := h.SigningKeys.Rotate(h.ctx, h.Desk(), 0, false); err != nil || len(made) != 0 {
		t.Errorf("without keys: %v, %v", made, err)
	}
	k := current(t, h.SigningKeys, nodkey.SigningES256)
	h.rotate(t, 2)
	if _, err := h.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	second, err := h.Second(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if again := current(t, second.SigningKeys, nodkey.SigningES256); again.ID != k.ID || string(again.Sealed) == string(k.Sealed) {
		t.Errorf("%s after %s", again.ID, k.ID)
	} else if signature, err := second.SigningKeys.Sign(again, []byte("x")); err != nil || !verifies(t, k, []byte("x"), signature) {
		t.Errorf("signed under a new data key: %v", err)
	}
}

func TestAYesOfAnotherFactorLeadsThroughSignInOnce(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	if _, err := h.Applications.Add(h.ctx, h.Desk(), nodkey.NewApplication{ID: "wiki", Name: "Wiki", Doors: []nodkey.Door{nodkey.DoorOIDC}}); err != nil {
		t.Fatal(err)
	}
	c := p.enter(t)
	ask := func(factors ...string) nodkey.Token {
		t.Helper()
		h.Clock.Advance(time.Second)
		token, err := h.Grants.Open(h.ctx, c, nodkey.GrantRequest{Application: "wiki", Door: nodkey.DoorOIDC, Return: "/oidc/return", MaxAge: -1, Factors: factors})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	state := func(token nodkey.Token, want nodkey.GrantState) {
		t.Helper()
		if step, err := h.Grants.Step(h.ctx, c, token); err != nil || step.State != want {
			t.Errorf("%+v, %v, want %s", step, err, want)
		}
	}
	state(ask(), nodkey.GrantReady)
	state(ask("pin", "code"), nodkey.GrantReady)
	other := ask("biometric")
	state(other, nodkey.GrantSignIn)
	h.Clock.Advance(time.Second)
	c = p.enter(t) // by PIN again: it is theirs to choose
	state(other, nodkey.GrantReady)
	for _, factors := range [][]string{{"face"}, {"pin", "pin"}, {""}} {
		_, err := h.Grants.Open(h.ctx, c, nodkey.GrantRequest{Application: "wiki", Door: nodkey.DoorOIDC, Return: "/oidc/return", MaxAge: -1, Factors: factors})
		is(t, err, "grant.request", "no factors")
	}
}
