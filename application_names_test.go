package nodkey_test

import "testing"

func TestAnApplicationThatKnowsAUserIsToldTheName(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	bank := h.app(t, "bank", nil)
	if name, err := h.Applications.NameOf(h.ctx, bank, p.id); err != nil || name != p.name {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := h.Applications.NameOf(h.ctx, bank, "nobody"); err != nil || name != "" {
		t.Errorf("nobody: %q, %v", name, err)
	}
	_, err := h.Applications.NameOf(h.ctx, h.NewBrowser(h.address()).Anonymous(), p.id)
	is(t, err, "application.wrong", "a browser")
}
