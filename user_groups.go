package nodkey

import (
	"context"
	"errors"
	"slices"
	"time"
)

// groupsMost is how many groups a user may be in, and an application may be for.
const groupsMost = 100

// parseGroups gives the stored form of groups: sorted, each once.
func parseGroups(typed []string) ([]string, error) {
	var groups []string
	for _, one := range typed {
		name, err := ParseGroup(one)
		if err != nil {
			return nil, err
		}
		groups = append(groups, name)
	}
	slices.Sort(groups)
	if groups = slices.Compact(groups); len(groups) > groupsMost {
		return nil, fail(BadInput, "group.most", "Max", groupsMost)
	}
	return groups, nil
}

// Groups gives the groups that a user is in, by name. Error: user.unknown.
func (u *Users) Groups(ctx context.Context, c Caller, name string) (groups []string, err error) {
	if err := c.asOperator(); err != nil {
		return nil, err
	}
	err = u.Store.View(ctx, func(tx Tx) error {
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		groups, err = tx.GroupsOf(user.ID)
		return err
	})
	return groups, wrap(err)
}

// SetGroups puts a user in these groups and in no others. Errors: user.unknown, group.form, group.most.
func (u *Users) SetGroups(ctx context.Context, c Caller, name string, typed []string) error {
	return u.changeGroups(ctx, c, name, func([]string) ([]string, error) { return parseGroups(typed) })
}

// JoinGroup puts a user in a group, LeaveGroup takes them out of it; where that is so already, nothing changes. Errors as SetGroups.
func (u *Users) JoinGroup(ctx context.Context, c Caller, name, group string) error {
	return u.changeGroups(ctx, c, name, func(had []string) ([]string, error) { return parseGroups(append(had, group)) })
}

// LeaveGroup is the other half of JoinGroup.
func (u *Users) LeaveGroup(ctx context.Context, c Caller, name, group string) error {
	return u.changeGroups(ctx, c, name, func(had []string) ([]string, error) {
		left, err := ParseGroup(group)
		return slices.DeleteFunc(had, func(g string) bool { return g == left }), err
	})
}

// changeGroups writes down what changed, group by group. What an application was told before stays said; what it asks from now
// on, or collects, goes by the new ones.
func (u *Users) changeGroups(ctx context.Context, c Caller, name string, change func(had []string) ([]string, error)) error {
	if err := c.asOperator(); err != nil {
		return err
	}
	now := u.now()
	return wrap(u.Store.Update(ctx, func(tx Tx) error {
		user, err := u.named(tx, name)
		if err != nil {
			return err
		}
		had, err := tx.GroupsOf(user.ID)
		if err != nil {
			return err
		}
		want, err := change(slices.Clone(had))
		if err != nil {
			return err
		}
		return u.moveBetween(tx, c, user.ID, had, want, now)
	}))
}

func (u *Users) moveBetween(tx Tx, c Caller, user UserID, had, want []string, now time.Time) error {
	for _, group := range had {
		if slices.Contains(want, group) {
			continue
		}
		err := errors.Join(tx.DeleteGroup(user, group), u.record(tx, c, now, "group.left", user, group))
		if err != nil {
			return err
		}
	}
	for _, group := range want {
		if slices.Contains(had, group) {
			continue
		}
		err := errors.Join(tx.InsertGroup(user, group), u.record(tx, c, now, "group.joined", user, group))
		if err != nil {
			return err
		}
	}
	return nil
}
