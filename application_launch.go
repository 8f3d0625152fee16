package nodkey

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
)

// Launch is an application that a person may start from the portal.
type Launch struct {
	ID   ApplicationID
	Name string
	URL  string // https, or http
}

// Open lists the applications that the person of a full session may start, by id: those whose groups admit them and whose settings
// have a launch_url. Errors: session.none, session.restricted.
func (s *Applications) Open(ctx context.Context, c Caller) ([]Launch, error) {
	var rows []Application
	err := s.Store.View(ctx, func(tx Tx) error {
		rows = nil
		session, err := s.live(tx, c, Full)
		if err != nil {
			return err
		}
		groups, err := tx.GroupsOf(session.UserID)
		if err != nil {
			return err
		}
		for after := ApplicationID(""); ; {
			page, err := tx.Applications(after, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, a := range page {
				if a.admits(groups) && a.SealedSettings != nil {
					rows = append(rows, a)
				}
			}
			after = page[len(page)-1].ID
		}
	})
	if err != nil {
		return nil, AsError(err)
	}
	var out []Launch
	for _, a := range rows {
		info, err := s.info(a, nil, s.now())
		if err != nil {
			return nil, AsError(err)
		}
		var settings struct {
			LaunchURL string `json:"launch_url"`
		}
		var shape *json.UnmarshalTypeError
		if err := json.Unmarshal(info.Settings, &settings); err != nil && !errors.As(err, &shape) {
			return nil, AsError(err)
		}
		if u, err := url.Parse(settings.LaunchURL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			out = append(out, Launch{ID: a.ID, Name: a.Name, URL: u.String()})
		}
	}
	return out, nil
}
