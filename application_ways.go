package nodkey

// Ways tells how an application's requests to sign in are answered: phone, whether phones are woken, where shown says that the person
// is shown the number; code, whether eight digits count that six typed ones led to. A door that has a question for the person
// before it asks their phones needs to know; [Applications.Ask] decides all the same. Error: application.wrong.
func (s *Applications) Ways(c Caller, shown bool) (phone, code bool, err error) {
	app, err := c.asApplication()
	if err != nil {
		return false, false, err
	}
	way, err := s.wayOf(app, Asking{Kind: ApproveSignIn, Shown: shown})
	return err == nil && !way.quiet, s.policy.takesTyped(ApproveSignIn), nil
}
