package nodkeytest

import (
	"errors"
	"time"

	"github.com/nodkey/nodkey"
)

// putGrant puts a row of grants in the store that has this value in this column.
func putGrant(tx nodkey.Tx, c nodkey.SealedColumn, u nodkey.UserID, row string, value []byte) (bool, error) {
	app := nodkey.ApplicationID("of-" + row)
	switch c {
	case nodkey.SealedColumn{Table: "grant_requests", Column: "data"}:
		return true, errors.Join(tx.InsertApplication(nodkey.Application{ID: app}),
			tx.InsertGrantRequest(nodkey.SealedGrantRequest{ID: row, ApplicationID: app, Data: value}))
	case nodkey.SealedColumn{Table: "grants", Column: "data"}:
		return true, errors.Join(tx.InsertApplication(nodkey.Application{ID: app}),
			tx.InsertGrant(nodkey.SealedGrant{ID: nodkey.GrantID(row), UserID: u, ApplicationID: app, Data: value}))
	case nodkey.SealedColumn{Table: "callbacks", Column: "data"}:
		return true, errors.Join(tx.InsertApplication(nodkey.Application{ID: app}),
			tx.InsertCallback(nodkey.SealedCallback{ID: row, ApplicationID: app, Data: value}))
	}
	return false, nil
}

// grant puts a grant in the store.
func (k kit) grant(id nodkey.GrantID, user nodkey.UserID, app nodkey.ApplicationID, made time.Duration) nodkey.SealedGrant {
	k.Helper()
	g := nodkey.SealedGrant{ID: id, UserID: user, ApplicationID: app, CreatedAt: start.Add(made), Code: nodkey.TokenHash("code-" + id),
		Family: nodkey.TokenHash("family-" + id), SessionID: "s-" + nodkey.SessionID(user), LookAt: start.Add(made)}
	k.update(func(tx nodkey.Tx) error { return tx.InsertGrant(g) })
	return g
}

func grantID(g nodkey.SealedGrant) nodkey.GrantID { return g.ID }

func grantTests() map[string]func(kit) {
	return map[string]func(kit){
		"requests come back as they were": func(k kit) {
			id := k.application("wiki")
			full, other := fill[nodkey.SealedGrantRequest](1), fill[nodkey.SealedGrantRequest](2)
			full.ApplicationID, full.MaxAge, full.Password = id, 90*time.Minute, 12*time.Hour
			other.ID, other.ApplicationID, other.CreatedAt, other.MaxAge, other.Password = full.ID, id, full.CreatedAt, -time.Millisecond, time.Millisecond
			other.Token = full.Token // it is found by it
			keeping[nodkey.SealedGrantRequest]{
				full: full, other: other, sparse: nodkey.SealedGrantRequest{ID: "sparse", ApplicationID: id, Token: "sparse"},
				insert: nodkey.Tx.InsertGrantRequest, save: nodkey.Tx.SaveGrantRequest,
				get: func(tx nodkey.Tx, r nodkey.SealedGrantRequest) (nodkey.SealedGrantRequest, error) {
					return tx.GrantRequestByToken(r.Token)
				},
			}.check(k)
		},
		"what a user passed is forgotten, and nothing else": func(k kit) {
			id, user, other := k.application("wiki"), k.user("u"), k.user("other")
			put := func(token string, by nodkey.UserID) nodkey.SealedGrantRequest {
				r := fill[nodkey.SealedGrantRequest](len(token))
				r.ID, r.ApplicationID, r.Token, r.PassedBy, r.MaxAge = token, id, nodkey.TokenHash(token), by, time.Minute
				if by == "" {
					r.PassedAt = time.Time{}
				}
				r.Password = time.Hour
				k.update(func(tx nodkey.Tx) error { return tx.InsertGrantRequest(r) })
				return r
			}
			get := func(token nodkey.TokenHash) func(nodkey.Tx) (nodkey.SealedGrantRequest, error) {
				return func(tx nodkey.Tx) (nodkey.SealedGrantRequest, error) { return tx.GrantRequestByToken(token) }
			}
			one, two, theirs, nobodys := put("a", user), put("bb", user), put("ccc", other), put("dddd", "")
			k.update(func(tx nodkey.Tx) error { return tx.ForgetPasses(user) })
			k.update(func(tx nodkey.Tx) error { return tx.ForgetPasses("") })
			k.update(func(tx nodkey.Tx) error { return tx.ForgetPasses("nobody") })
			one.PassedBy, one.PassedAt, two.PassedBy, two.PassedAt = "", time.Time{}, "", time.Time{}
			for _, want := range []nodkey.SealedGrantRequest{one, two, theirs, nobodys} {
				see(k, want, get(want.Token))
			}
		},
		"requests are taken once, and go with their application": func(k kit) {
			id := k.application("wiki")
			in := nodkey.SealedGrantRequest{ID: "r", ApplicationID: id, Token: "t", ExpiresAt: start}
			get := func(tx nodkey.Tx) (nodkey.SealedGrantRequest, error) { return tx.GrantRequestByToken("t") }
			insert := func(tx nodkey.Tx) error { return tx.InsertGrantRequest(in) }
			k.update(insert)
			twice := in
			twice.ID = "other"
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertGrantRequest(twice) })
			k.update(func(tx nodkey.Tx) error { return tx.TakeGrantRequest("r") })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.TakeGrantRequest("r") })
			missing(k, get)
			k.update(insert)
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(id) })
			missing(k, get)
			k.fails(nodkey.ErrNoRow, insert)
			missing(k, func(tx nodkey.Tx) (nodkey.SealedGrantRequest, error) { return tx.GrantRequestByToken("") })
		},
		"come back as they were": func(k kit) {
			app, user := k.application("wiki"), k.user("u")
			full, other := fill[nodkey.SealedGrant](1), fill[nodkey.SealedGrant](2)
			full.UserID, full.ApplicationID = user, app
			other.ID, other.UserID, other.ApplicationID, other.CreatedAt, other.Code = full.ID, user, app, full.CreatedAt, full.Code
			keeping[nodkey.SealedGrant]{
				full: full, other: other, sparse: nodkey.SealedGrant{ID: "sparse", UserID: user, ApplicationID: app, Code: "sparse"},
				insert: nodkey.Tx.InsertGrant, save: nodkey.Tx.SaveGrant,
				get: func(tx nodkey.Tx, g nodkey.SealedGrant) (nodkey.SealedGrant, error) { return tx.GrantByCode(g.Code) },
			}.check(k)
		},
		"are listed, and found by code and family": func(k kit) {
			u, other := k.user("u"), k.user("other")
			wiki, bank := k.application("wiki"), k.application("bank")
			for i, id := range []nodkey.GrantID{"a", "b", "c"} {
				k.grant(id, u, []nodkey.ApplicationID{wiki, bank, wiki}[i], time.Duration(i)*time.Second)
			}
			last := k.grant("d", other, wiki, 9*time.Second)
			list := func(get func(nodkey.Tx) ([]nodkey.SealedGrant, error), want ...nodkey.GrantID) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.GrantID, error) { all, err := get(tx); return ids(all, grantID), err })
			}
			of := func(u nodkey.UserID, app nodkey.ApplicationID) func(nodkey.Tx) ([]nodkey.SealedGrant, error) {
				return func(tx nodkey.Tx) ([]nodkey.SealedGrant, error) { return tx.GrantsOf(u, app) }
			}
			look := func(at time.Duration, limit int) func(nodkey.Tx) ([]nodkey.SealedGrant, error) {
				return func(tx nodkey.Tx) ([]nodkey.SealedGrant, error) { return tx.GrantsToLook(start.Add(at), limit) }
			}
			list(of(u, ""), "c", "b", "a")
			list(of(u, wiki), "c", "a")
			list(of(other, bank))
			list(func(tx nodkey.Tx) ([]nodkey.SealedGrant, error) { return tx.GrantsOfSession("s-u") }, "c", "b", "a")
			list(look(time.Second, 9), "a", "b")
			list(look(time.Hour, 1), "a")
			list(look(-time.Millisecond, 9))
			see(k, last, func(tx nodkey.Tx) (nodkey.SealedGrant, error) { return tx.GrantByFamily("family-d") })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedGrant, error) { return tx.GrantByFamily("") })
			missing(k, func(tx nodkey.Tx) (nodkey.SealedGrant, error) { return tx.GrantByCode("") })
			k.update(func(tx nodkey.Tx) error { return tx.DeleteUser(u) })
			list(of(u, ""))
			k.update(func(tx nodkey.Tx) error { return tx.DeleteApplication(wiki) })
			list(of(other, ""))
		},
		"codes and refresh tokens are used once": func(k kit) {
			u, wiki := k.user("u"), k.application("wiki")
			g := k.grant("g", u, wiki, 0)
			taken := g
			taken.ID, taken.Family = "h", "another"
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertGrant(taken) })
			taken.Family, taken.Code = g.Family, "another"
			k.fails(nodkey.ErrExists, func(tx nodkey.Tx) error { return tx.InsertGrant(taken) })
			k.update(func(tx nodkey.Tx) error { return tx.RedeemGrant("g", start) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.RedeemGrant("g", start.Add(time.Second)) })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.RedeemGrant("none", start) })
			g.RedeemedAt, g.Refresh, g.RefreshUntil = start, "one", start.Add(time.Hour)
			k.update(func(tx nodkey.Tx) error { return tx.RotateGrant(g, "") })
			next := g
			next.Refresh, next.RefreshUntil = "two", start.Add(2*time.Hour)
			k.update(func(tx nodkey.Tx) error { return tx.RotateGrant(next, "one") })
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.RotateGrant(g, "one") })
			see(k, next, func(tx nodkey.Tx) (nodkey.SealedGrant, error) { return tx.GrantByFamily(g.Family) })
		},
		"tokens are their grant's, newest first, and go with it": func(k kit) {
			u, wiki := k.user("u"), k.application("wiki")
			k.grant("g", u, wiki, 0)
			k.grant("other", u, wiki, 0)
			full := fill[nodkey.AccessToken](1)
			full.GrantID = "g"
			first := func(tx nodkey.Tx, a nodkey.AccessToken) (nodkey.AccessToken, error) {
				list, err := tx.AccessOf("g")
				for _, found := range list {
					if found.Token == a.Token {
						return found, err
					}
				}
				return nodkey.AccessToken{}, errors.Join(err, nodkey.ErrNoRow)
			}
			keeping[nodkey.AccessToken]{full: full, sparse: nodkey.AccessToken{Token: "sparse", GrantID: "g"}, insert: nodkey.Tx.InsertAccess, get: first}.check(k)
			k.fails(nodkey.ErrNoRow, func(tx nodkey.Tx) error { return tx.InsertAccess(nodkey.AccessToken{Token: "x", GrantID: "none"}) })
			k.update(func(tx nodkey.Tx) error {
				return errors.Join(tx.InsertAccess(nodkey.AccessToken{Token: "late", GrantID: "g", CreatedAt: start.Add(1e6 * time.Second), ExpiresAt: start.Add(1e7 * time.Second)}),
					tx.InsertAccess(nodkey.AccessToken{Token: "others", GrantID: "other", ExpiresAt: start}))
			})
			of := func(id nodkey.GrantID, want ...nodkey.TokenHash) {
				k.Helper()
				see(k, want, func(tx nodkey.Tx) ([]nodkey.TokenHash, error) {
					list, err := tx.AccessOf(id)
					return ids(list, func(a nodkey.AccessToken) nodkey.TokenHash { return a.Token }), err
				})
			}
			of("g", "late", full.Token, "sparse")
			k.update(func(tx nodkey.Tx) error { return errors.Join(tx.DeleteAccess("sparse"), tx.DeleteAccess("sparse")) })
			of("g", "late", full.Token)
			k.update(func(tx nodkey.Tx) error { _, err := tx.Purge(start, 9); return err })
			of("other")
			k.update(func(tx nodkey.Tx) error { return errors.Join(tx.DeleteGrant("g"), tx.DeleteGrant("g")) })
			of("g")
		},
	}
}
