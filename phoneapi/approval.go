package phoneapi

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
	"github.com/nodkey/nodkey/wire"
)

// approvalList gives what the phone's keys are asked, also what did not wake it.
func (d *Door) approvalList(w http.ResponseWriter, r *http.Request) error {
	phones, err := d.readProofs(w, r)
	if err != nil {
		return err
	}
	out, err := d.services.Approvals.Open(r.Context(), phones, false)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// approvalMissed gives the sign-ins that nobody answered in time.
func (d *Door) approvalMissed(w http.ResponseWriter, r *http.Request) error {
	phones, err := d.readProofs(w, r)
	if err != nil {
		return err
	}
	out, err := d.services.Approvals.Missed(r.Context(), phones)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// approvalDecide takes a yes or no.
func (d *Door) approvalDecide(w http.ResponseWriter, r *http.Request) error {
	var in wire.DecisionRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	out, err := d.services.Approvals.Decide(r.Context(), phone, nodkey.ApprovalID(r.PathValue("id")), in)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// approvalDisown takes a yes back.
func (d *Door) approvalDisown(w http.ResponseWriter, r *http.Request) error {
	phone, err := d.readSigned(w, r, &struct{}{})
	if err != nil {
		return err
	}
	if err := d.services.Approvals.Disown(r.Context(), phone, nodkey.ApprovalID(r.PathValue("id"))); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// approvalSeen takes the phone's word of how far a request has come to it.
func (d *Door) approvalSeen(w http.ResponseWriter, r *http.Request) error {
	var in wire.SeenRequest
	phone, err := d.readSigned(w, r, &in)
	if err != nil {
		return err
	}
	if err := d.services.Approvals.Seen(r.Context(), phone, nodkey.ApprovalID(r.PathValue("id")), nodkey.SeenStep(in.What)); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}
