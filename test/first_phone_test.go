package test

import "github.com/nodkey/nodkey/client"

// firstPhone activates the first phone of a user, a program, by name and password.
func (s *server) firstPhone(name, password string) (*client.Phone, client.Key) {
	s.t.Helper()
	ctx, over := s.t.Context(), client.NewHTTPClient(s.roots)
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	desk := newWebUser(s.portal, over)
	must(desk.post(ctx, "/", "/sign-in", "username", name, "password", password))
	code, err := desk.code(ctx, "/")
	must(err)
	phone, err := client.New(client.Config{HTTP: over}, client.State{})
	must(err)
	offer, err := phone.Lookup(ctx, s.phone, code)
	must(err)
	key, err := phone.Activate(ctx, offer, maraPIN, "Pixel 8")
	must(err)
	return phone, key
}
