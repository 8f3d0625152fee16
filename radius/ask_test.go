package radius

import (
	"testing"
	"time"

	"layeh.com/radius"
)

func TestARequestAndItsAnswer(t *testing.T) {
	h := open(t, options{})
	g := h.gateway("vpn")
	p := g.login("mara", typedPassword, nil)
	raw, err := SealRequest(p)
	must(t, err)
	g.send(raw)
	answer := g.hear(time.Minute)
	if a, err := OpenAnswer(answer, p); err != nil || a.Code != radius.CodeAccessChallenge {
		t.Fatalf("%v, %v", a, err)
	}
	for i := range answer {
		bent := append([]byte{}, answer...)
		bent[i] ^= 1
		if _, err := OpenAnswer(bent, p); err == nil {
			t.Fatalf("byte %d does not matter", i)
		}
	}
	if _, err := OpenAnswer(answer[:19], p); err == nil {
		t.Error("half an answer")
	}
}
