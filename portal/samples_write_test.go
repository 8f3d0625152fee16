package portal

func sampleFiles(n int) FilesView {
	files := []FileView{{ID: "f1", Name: "statement.pdf", Size: "1.2 MB"}, {ID: "f2", Name: "a photograph of something that has an unusually long name and no space_at_all_in_its_second_half.heic", Size: "11 MB"}}
	return FilesView{Free: 2 - n, Most: 2, Kept: files[:n:n]}
}

func sampleCompose(change func(*ComposeView)) *ComposeView {
	v := &ComposeView{Reference: "2026-0412", Once: "o", Files: sampleFiles(0)}
	change(v)
	return v
}

func sampleWrite(change func(*WriteView)) WriteView {
	v := WriteView{Page: samplePage("Mara Lindqvist").with("write-form"), Once: "o", Back: "/messages", Files: sampleFiles(0), About: []AboutGroup{
		{Name: "Sign-in and phone", Options: []Option{{Value: "access/phone", Text: "My phone"}, {Value: "access", Text: "Sign-in and phone: something else"}}},
		{Options: []Option{{Value: "other", Text: "Something else"}}},
	}}
	change(&v)
	return v
}

func samplePreview(change func(*PreviewView)) PreviewView {
	v := PreviewView{Page: samplePage("Mara Lindqvist").with("preview-form"), Once: "o", About: "access/phone", Names: []string{"Sign-in and phone", "My phone"},
		Subject: "Will <b>this</b> work?", Text: "One line.\n\n<script>alert(1)</script>\n**Two** lines.", Files: sampleFiles(2)}
	change(&v)
	return v
}

func sampleReply(change func(*ReplyView)) ReplyView {
	v := ReplyView{Page: samplePage("Mara Lindqvist").with("reply-form"), Title: "Wird es gehen?", TitleLang: "de",
		Compose: *sampleCompose(func(v *ComposeView) { v.Text = "\nThe first line is empty." })}
	change(&v)
	return v
}

// sampleWriting are the pages of who writes.
func sampleWriting() []sample {
	beside := func(field, key string) *Problem {
		return &Problem{Field: field, Text: Sentence{Key: key, Args: map[string]any{"Most": 2, "Megabytes": 25, "Seconds": 40, "Count": 40}}}
	}
	typed := func(v *WriteView) {
		v.Subject, v.Text, v.Chosen = `A "question" <b>`, "</textarea><script>alert(1)</script>", true
		v.About[0].Options[0].Chosen = true
	}
	refused := []RefusedFile{{Name: "<b>invoice</b>.exe", Text: Sentence{Key: "message.file_type"}}, {Name: "c.pdf", Text: Sentence{Key: "message.files_waiting", Args: map[string]any{"Most": 4}}}}
	list := []sample{
		{"thread-answer", "thread", sampleThread(1, func(v *ThreadView) { sampleTicket(v); v.Compose = sampleCompose(func(*ComposeView) {}) }), 1},
		{"message-new", "message_new", sampleWrite(func(*WriteView) {}), 1},
		{"message-new-files", "message_new", sampleWrite(func(v *WriteView) { typed(v); v.Files = sampleFiles(2) }), 1},
		{"message-new-refused", "message_new", sampleWrite(func(v *WriteView) {
			typed(v)
			v.Files = sampleFiles(1)
			v.Files.Refused, v.Files.Others = refused, sampleFiles(2).Kept
		}), 1},
		{"message-new-gone", "message_new", sampleWrite(func(v *WriteView) { typed(v); v.Gone, v.Viewer = true, "" }), 1},
		{"message-new-slow", "message_new", sampleWrite(func(v *WriteView) { typed(v); v.Problem = beside("", "message.slow") }), 1},
		{"message-preview", "message_preview", samplePreview(func(*PreviewView) {}), 1},
		{"message-preview-gone", "message_preview", samplePreview(func(v *PreviewView) { v.Gone, v.Viewer = true, "" }), 1},
		{"message-preview-slow", "message_preview", samplePreview(func(v *PreviewView) { v.Problem = beside("", "message.slow") }), 1},
		{"message-sent", "message_sent", SentView{Page: samplePage("Mara Lindqvist"), Reference: "2026-0412"}, 1},
		{"message-reply", "message_reply", sampleReply(func(v *ReplyView) { v.Compose.Problem = beside("text", "message.text_long") }), 1},
		{"message-reply-closed", "message_reply", sampleReply(func(v *ReplyView) {
			v.Compose.Closed, v.Compose.Problem = true, beside("", "message.closed")
		}), 1},
		{"message-reply-gone", "message_reply", sampleReply(func(v *ReplyView) { v.Title, v.Viewer, v.Compose.Gone = "", "", true }), 1},
		{"message-reply-files", "message_reply", sampleReply(func(v *ReplyView) {
			v.Compose.Files = sampleFiles(1)
			v.Compose.Files.Problem = beside("files", "message.file_unknown")
		}), 1},
	}
	for _, field := range []string{"about", "subject", "text", "files"} {
		key := map[string]string{"about": "message.category", "subject": "message.subject", "text": "message.text", "files": "message.files"}[field]
		v := sampleWrite(typed)
		if v.Problem = beside(field, key); field == "files" {
			v.Files.Problem = v.Problem
		}
		list = append(list, sample{"message-new-" + field, "message_new", v, 1})
	}
	return list
}

func sampleSettings(change func(*SettingsView)) SettingsView {
	email, phone := ContactRow{Way: contactEmail, Have: "m…@example.com"}, ContactRow{Way: contactPhone}
	v := SettingsView{Page: samplePage("Mara Lindqvist").with("settings-form"), Contacts: []ContactRow{email, phone}, Account: true, Reminders: true, From: "22:00", To: "07:00",
		First:  []Option{{Value: "en", Text: "English", Chosen: true}, {Value: "de", Text: "German"}, {Value: "ja", Text: "Japanese"}},
		Second: []Option{{Text: "None", Chosen: true}, {Value: "de", Text: "German"}},
		Zone:   []Option{{Text: "Coordinated universal time (UTC)"}, {Value: "America/Argentina/ComodRivadavia", Text: "America/Argentina/ComodRivadavia", Chosen: true}},
		Delivery: []DeliveryChoice{
			{Value: "centre", Title: "message_settings.centre", Text: deliveryText(nil)}, {Value: "email", Title: "message_settings.email", Text: deliveryText([]ContactRow{email}), Chosen: true},
			{Value: "sms", Title: "message_settings.sms", Text: deliveryText([]ContactRow{phone}), Missing: true}, {Value: "both", Title: "message_settings.both", Text: deliveryText([]ContactRow{email, phone}), Missing: true},
		}}
	change(&v)
	return v
}

func sampleSettingsPages() []sample {
	return []sample{
		{"message-settings", "message_settings", sampleSettings(func(v *SettingsView) { v.Guess = true }), 1},
		{"message-settings-saved", "message_settings", sampleSettings(func(v *SettingsView) {
			v.Saved, v.Toast, v.Missing = true, &Sentence{Key: "toast.settings_saved"}, []ContactRow{{Way: contactEmail}, {Way: contactPhone}}
			v.Delivery[3].Text = deliveryText([]ContactRow{{Way: contactEmail, Have: "m…@example.com"}, {Way: contactPhone, Have: "…42"}})
		}), 1},
		{"message-settings-wrong", "message_settings", sampleSettings(func(v *SettingsView) {
			v.Quiet, v.Problem = true, &Problem{Field: "quiet_to", Text: Sentence{Key: "message_settings.quiet_wrong"}}
		}), 1},
		{"message-settings-closed", "message_settings", sampleSettings(func(v *SettingsView) {
			v.Contacts = nil
			for i, way := range []string{"", contactEmail.Name, contactPhone.Name, contactPhone.Name} {
				v.Delivery[i].Chosen, v.Delivery[i].Closed = i == 0, i > 0
				if i > 0 {
					v.Delivery[i].Text = Sentence{Key: deliveryWords[way].closed}
				}
			}
		}), 1},
		{"unsubscribe", "unsubscribe", UnsubscribeView{Page: samplePage("").with("unsubscribe-form"), Token: "t"}, 1},
		{"unsubscribe-done", "unsubscribe", UnsubscribeView{Page: samplePage(""), Token: "t", Done: true}, 1},
	}
}
