package portal

// contactSamples are the pages of addresses, and of the code before the first phone.
func contactSamples(mara, restricted Page) []sample {
	typed := &Problem{Field: "address", Text: Sentence{Key: "contact.email"}}
	soon := &Problem{Text: Sentence{Key: "contact.soon", Args: map[string]any{"Seconds": 42, "Count": 42}}}
	wrong := &Problem{Field: "code", Text: Sentence{Key: "contact.code", Args: map[string]any{"Left": 3, "Count": 3}}}
	long := "mara.lindqvist.with.a.rather.long.name@mail.of.a.small.bank.example.com"
	ways := []ProofWay{{Name: "email", Icon: "mail", Hint: "m…@mail.of.a.small.bank.example.com", Checked: true}, {Name: "phone", Icon: "phone", Hint: "…67"}}
	home := func(v ProofView) HomeView {
		v.Desk = sampleDesk()
		return HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Proof: &v}
	}
	return []sample{
		{"contact-email", "contact", ContactView{Page: mara.with("contact-form"), Way: contactEmail}, 1},
		{"contact-email-have", "contact", ContactView{Page: mara.with("contact-form"), Way: contactEmail, Have: "m…@example.com", Since: "3 March 2026", Typed: "mara@example", Problem: typed}, 1},
		{"contact-phone-soon", "contact", ContactView{Page: mara.with("contact-form"), Way: contactPhone, Have: "…67", Since: "3 March 2026", Typed: "+41 79 123 45 67", Problem: soon}, 1},
		{"contact-no-phone", "contact", ContactView{Page: mara, Way: contactPhone, Have: "…67", Since: "3 March 2026", NoPhone: true, Desk: sampleDesk()}, 0},
		{"contact-code", "contact_code", ContactCodeView{Page: mara.with("contact-code-form"), Way: contactEmail, To: long, Until: "14:42:06", Left: 5, Again: 42}, 1},
		{"contact-code-wrong", "contact_code", ContactCodeView{Page: mara.with("contact-code-form"), Way: contactPhone, To: "+41791234567", Until: "14:42:06", Left: 3, Fewer: true, Problem: wrong}, 1},
		{"contact-remove", "contact_remove", ContactRemoveView{Page: mara, Way: contactEmail, Have: "m…@example.com"}, 0},
		{"home-proof", "home", home(ProofView{Ways: ways}), 1},
		{"home-proof-soon", "home", home(ProofView{Ways: ways[:1], Problem: soon}), 1},
		{"home-proof-code", "home", home(ProofView{Ways: ways, Code: &ProofCode{Way: ways[0], Until: "14:42:06", Left: 3, Fewer: true, Again: 12}}), 1},
		{"home-proof-wrong", "home", home(ProofView{Ways: ways, Code: &ProofCode{Way: ways[1], Until: "14:42:06", Left: 3, Fewer: true}, Problem: wrong}), 1},
		{"home-proof-none", "home", home(ProofView{}), 0},
	}
}
