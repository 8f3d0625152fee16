package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
)

// Before the first phone, where policy asks for it, a code goes to a contact on record: the banner at home asks where, and then for
// the code.

// proofWays are the contacts on record as the page shows them; the first is chosen unless another was.
func proofWays(ways []nodkey.ContactWay, chosen string) []ProofWay {
	var out []ProofWay
	for _, w := range ways {
		out = append(out, proofWay(w.Channel, w.Hint))
	}
	found := false
	for i := range out {
		out[i].Checked = out[i].Name == chosen
		found = found || out[i].Checked
	}
	if !found && len(out) > 0 {
		out[0].Checked = true
	}
	return out
}

func proofWay(channel nodkey.SummaryChannel, hint string) ProofWay {
	way := contactEmail
	if channel == nodkey.SummarySMS {
		way = contactPhone
	}
	return ProofWay{Name: way.Name, Icon: way.Icon, Hint: unbroken(hint)}
}

// proofTyped is what was typed before, and what was wrong with it.
type proofTyped struct {
	way, code string
	problem   *Problem
}

// proof fills in the banner; other asks for another way though a code waits.
func (d *Door) proof(x *exchange, typed proofTyped, other bool) (*ProofView, error) {
	p, err := d.services.Contacts.Proof(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	v := &ProofView{Ways: proofWays(p.Ways, typed.way), Desk: d.Desk, Problem: typed.problem}
	switch w := p.Wait; {
	case w == nil || other || len(p.Ways) == 0:
	case w.Left == 0:
		if v.Problem == nil {
			v.Problem, _, _ = problem(&nodkey.Error{Kind: nodkey.Conflict, Key: "contact.none"}, nil)
		}
	default:
		v.Code = &ProofCode{Way: proofWay(w.Channel, w.Hint), Until: d.codeUntil(x, *w), Left: w.Left, Fewer: w.Left < nodkey.ContactTries,
			Again: seconds(w.Again), Typed: typed.code}
	}
	if v.Code == nil && v.Problem != nil {
		v.Problem.Field = ""
	}
	return v, nil
}

// proofPage is home with the banner.
func (d *Door) proofPage(x *exchange, status int, typed proofTyped, other bool) error {
	v, err := d.homeView(x)
	if err != nil {
		return err
	}
	if v.Proof, err = d.proof(x, typed, other); nodkey.HasKey(err, "activation.proved") { // another tab was faster
		return d.leave(x, "/", "")
	}
	if err != nil {
		return err
	}
	form := "proof-form"
	if v.Proof.Code != nil {
		form = "proof-code-form"
	}
	v.Page = v.with(form)
	return d.show(x, status, "home", v)
}

// proofAsk sends a code to the contact that was chosen.
func (d *Door) proofAsk(x *exchange) error {
	in, err := x.form("way")
	if err != nil {
		return err
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.proofPage(x, http.StatusOK, proofTyped{way: in["way"]}, true)
	}
	channel := nodkey.SummaryEmail
	if in["way"] == contactPhone.Name {
		channel = nodkey.SummarySMS
	}
	return d.proved(x, d.services.Contacts.AskProof(x.r.Context(), x.caller, channel), proofTyped{way: in["way"]})
}

// proofConfirm takes the code.
func (d *Door) proofConfirm(x *exchange) error {
	in, err := x.form("code")
	if err != nil {
		return err
	}
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		return d.proofPage(x, http.StatusOK, proofTyped{code: short(in["code"])}, false)
	}
	err = d.services.Contacts.ConfirmProof(x.r.Context(), x.caller, in["code"])
	typed := proofTyped{}
	if nodkey.HasKey(err, "contact.shape") {
		typed.code = short(in["code"])
	}
	return d.proved(x, err, typed)
}

// proved goes on, or says what was wrong.
func (d *Door) proved(x *exchange, err error, typed proofTyped) error {
	if err == nil || nodkey.HasKey(err, "activation.proved") {
		return d.leave(x, "/", "")
	}
	p, status, ok := problem(err, map[string]string{"contact.code": "code", "contact.shape": "code"})
	if !ok || !proofProblems[p.Text.Key] {
		return err
	}
	typed.problem = p
	return d.proofPage(x, status, typed, false)
}

// proofProblems are what the banner says itself; anything else has a page of its own.
var proofProblems = map[string]bool{"contact.code": true, "contact.shape": true, "contact.soon": true, "contact.none": true, "contact.absent": true, "contact.guesses": true}
