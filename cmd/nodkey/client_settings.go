package main

import (
	"context"
	"errors"
	"slices"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/api"
	"github.com/nodkey/nodkey/duo"
	"github.com/nodkey/nodkey/oidc"
	"github.com/nodkey/nodkey/radius"
)

// checkSettings says what the doors of an application do not understand in its settings, before it is added or changed.
func (h *house) checkSettings(ctx context.Context, in nodkey.NewApplication) error {
	if err := checkDoorSettings(in); err != nil {
		return settingsError(err)
	}
	if slices.Contains(in.Doors, nodkey.DoorRADIUS) {
		if err := h.checkRADIUSSettings(ctx, in); err != nil {
			return settingsError(err)
		}
	}
	return nil
}

// checkDoorSettings is checkSettings for what an application says by itself.
func checkDoorSettings(in nodkey.NewApplication) error {
	if slices.Contains(in.Doors, nodkey.DoorOIDC) || slices.Contains(in.Doors, nodkey.DoorCIBA) {
		if err := oidc.CheckSettings(in.Settings, in.Doors); err != nil {
			return err
		}
	}
	if slices.Contains(in.Doors, nodkey.DoorForward) {
		if _, err := nodkey.ParseForwardSettings(in.Settings); err != nil {
			return err
		}
	}
	if slices.Contains(in.Doors, nodkey.DoorDuo) {
		if err := duo.CheckSettings(in.Settings); err != nil {
			return err
		}
	}
	if slices.Contains(in.Doors, nodkey.DoorAPI) {
		if err := api.CheckSettings(in.Settings); err != nil {
			return err
		}
	}
	return nil
}

func settingsError(err error) error {
	var known *nodkey.Error
	if errors.As(err, &known) {
		return err
	}
	return &commandError{code: exitUsage, sentence: err.Error(), err: err, next: "Nothing was changed. Correct the file that --settings names."}
}

// checkRADIUSSettings looks at an application beside all others of the door: no two may claim one network.
func (h *house) checkRADIUSSettings(ctx context.Context, in nodkey.NewApplication) error {
	all, err := h.services.Applications.At(ctx, nodkey.DoorRADIUS)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(a nodkey.ApplicationInfo) bool { return string(a.ID) == in.ID })
	return radius.CheckSettings(append(all, nodkey.ApplicationInfo{Application: nodkey.Application{ID: nodkey.ApplicationID(in.ID), Plain: in.Plain}, Settings: in.Settings}))
}
