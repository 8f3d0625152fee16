package nodkey

import (
	"context"
	"encoding/json"
)

// ApplicationEdit is what to change of an application; nil: as it is.
type ApplicationEdit struct {
	Name     *string
	Groups   *[]string
	Plain    *bool
	Settings json.RawMessage // an object in the place of the one before; empty: as it is, {}: none
}

// Edit changes an application. What it holds is looked at again with its next use. Errors: application.unknown, .name, .settings,
// .in_file for one that the configuration file has; group.form.
func (s *Applications) Edit(ctx context.Context, c Caller, id ApplicationID, in ApplicationEdit) (ApplicationInfo, error) {
	return ApplicationInfo{}, fail(Unavailable, "server.busy", "Seconds", 1)
}
