package nodkey

// ApplicationRows keeps applications, their secrets, and the groups of users that they are for.
type ApplicationRows interface {
	InsertApplication(Application) error
	Application(ApplicationID) (Application, error)
	// Applications lists by id, those after the given one, at most limit.
	Applications(after ApplicationID, limit int) ([]Application, error)
	SaveApplication(Application) error
	// DeleteApplication also deletes its secrets. It is no error when there is none.
	DeleteApplication(ApplicationID) error
	// InsertApplicationSecret gives ErrNoRow when there is no such application.
	InsertApplicationSecret(ApplicationSecret) error
	// ApplicationSecrets lists an application's secrets, newest first, those that have ended too until a purge takes them.
	ApplicationSecrets(ApplicationID) ([]ApplicationSecret, error)
	SaveApplicationSecret(ApplicationSecret) error
	// InsertEnrolment gives ErrExists when the user was added by an application already, ErrNoRow when there is no such user or
	// application. It goes with either, and by itself at its end.
	InsertEnrolment(Enrolment) error
	// Enrolment gives ErrNoRow for a user whom no application added, or not lately.
	Enrolment(UserID) (Enrolment, error)
	// GroupsOf lists the groups that a user is in by name. Groups go with their user.
	GroupsOf(UserID) ([]string, error)
	// InsertGroup gives ErrExists when the user is in the group already, ErrNoRow when there is no such user.
	InsertGroup(user UserID, name string) error
	// DeleteGroup gives ErrNoRow when the user is not in the group.
	DeleteGroup(user UserID, name string) error
}
