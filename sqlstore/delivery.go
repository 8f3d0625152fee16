package sqlstore

import "github.com/nodkey/nodkey"

const (
	deliveryColumns = "approval_id, key_id, accepted_at, refused_at, received_at, shown_at, opened_at"
	pushTestColumns = "key_id, approval_id, asked_at, accepted_at, received_at"
)

func scanDelivery(r *row) nodkey.Delivery {
	return nodkey.Delivery{
		ApprovalID: text[nodkey.ApprovalID](r), KeyID: text[nodkey.KeyID](r), AcceptedAt: r.time(), RefusedAt: r.time(),
		ReceivedAt: r.time(), ShownAt: r.time(), OpenedAt: r.time(),
	}
}

func scanPushTest(r *row) nodkey.PushTest {
	return nodkey.PushTest{KeyID: text[nodkey.KeyID](r), ApprovalID: text[nodkey.ApprovalID](r), AskedAt: r.time(), AcceptedAt: r.time(), ReceivedAt: r.time()}
}

// firstOf keeps a time of a delivery that is there already.
func firstOf(column string) string {
	return column + " = CASE deliveries." + column + " WHEN 0 THEN excluded." + column + " ELSE deliveries." + column + " END"
}

func (t *tx) MergeDelivery(d nodkey.Delivery) error {
	_, err := t.exec("INSERT INTO deliveries ("+deliveryColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (approval_id, key_id) DO UPDATE SET "+
		firstOf("accepted_at")+", "+firstOf("refused_at")+", "+firstOf("received_at")+", "+firstOf("shown_at")+", "+firstOf("opened_at"),
		string(d.ApprovalID), string(d.KeyID), millis(d.AcceptedAt), millis(d.RefusedAt), millis(d.ReceivedAt), millis(d.ShownAt), millis(d.OpenedAt))
	return err
}

func (t *tx) DeliveriesOf(approval nodkey.ApprovalID) ([]nodkey.Delivery, error) {
	return list(t, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE approval_id = $1 ORDER BY key_id", string(approval))
}

func (t *tx) SavePushTest(p nodkey.PushTest) error {
	_, err := t.exec("INSERT INTO push_tests ("+pushTestColumns+") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key_id) DO UPDATE SET"+
		" approval_id = excluded.approval_id, asked_at = excluded.asked_at, accepted_at = excluded.accepted_at, received_at = excluded.received_at",
		string(p.KeyID), string(p.ApprovalID), millis(p.AskedAt), millis(p.AcceptedAt), millis(p.ReceivedAt))
	return err
}

func (t *tx) PushTest(key nodkey.KeyID) (nodkey.PushTest, error) {
	return one(t, scanPushTest, "SELECT "+pushTestColumns+" FROM push_tests WHERE key_id = $1", string(key))
}
