package wire

// kind says which members a statement of a kind has beside those of all (§5.1); code and said are a challenge and a text that it may
// have.
type kind struct{ newKey, item, es, oneKey, text, code, said bool }

var kinds = map[string]kind{
	"sign_in":         {code: true, said: true},
	"confirm":         {code: true, text: true},
	"key_add":         {newKey: true},
	"key_remove":      {item: true},
	"pin_change":      {es: true, oneKey: true},
	"pin_check":       {oneKey: true},
	"password_change": {},
	"contact_change":  {item: true},
	"contact_remove":  {item: true},
	"test":            {oneKey: true},
	"push_test":       {oneKey: true},
	"messages_open":   {oneKey: true},
}

// FitsKind reports whether a statement is of a kind that is known, and has the members of that kind and no others. A phone
// refuses one that does not.
func (s Statement) FitsKind() bool {
	k, known := kinds[s.Kind]
	return known && k.newKey == (s.NewKey != nil) && k.item == (s.Item != "") && k.es == (len(s.Es) > 0) && (!k.oneKey || len(s.Keys) == 1) &&
		(k.said || k.text == (s.Text != "")) &&
		(s.Challenge == "" || k.code && IsChallenge(s.Challenge))
}
