package nodkeytest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nodkey/nodkey"
)

var errNo = errors.New("no")

// level reads a level, which many tests write because it needs nothing else to be there.
func level(k kit, name string, want float64) {
	k.Helper()
	see(k, want, func(tx nodkey.Tx) (float64, error) { l, err := tx.Limit(name); return l.Level, err })
}

func setLevel(name string, to float64) func(nodkey.Tx) error {
	return func(tx nodkey.Tx) error { return tx.SaveLimit(nodkey.Limit{Name: name, Level: to}) }
}

func transactionTests() map[string]func(kit) {
	return map[string]func(kit){
		"an update that returned is there": func(k kit) {
			k.update(setLevel("l", 1))
			level(k, "l", 1)
		},
		"an error leaves nothing behind and comes back unchanged": func(k kit) {
			wrapped := fmt.Errorf("because: %w", errNo)
			for name, run := range map[string]func(context.Context, func(nodkey.Tx) error) error{"Update": k.store.Update, "View": k.store.View} {
				err := run(k.Context(), func(tx nodkey.Tx) error {
					if name == "Update" {
						if err := tx.SaveLimit(nodkey.Limit{Name: "l", Level: 1}); err != nil {
							return err
						}
					}
					return wrapped
				})
				if err != wrapped {
					k.Errorf("%s gave %v, want the closure's error itself", name, err)
				}
			}
			level(k, "l", 0)
		},
		"a refused statement can be lived with": func(k kit) {
			k.user("u")
			k.update(func(tx nodkey.Tx) error {
				if err := tx.InsertUser(nodkey.User{ID: "u"}); !errors.Is(err, nodkey.ErrExists) {
					k.Errorf("got %v, want ErrExists", err)
				}
				if err := tx.InsertUser(nodkey.User{ID: "v", Name: "name-u"}); !errors.Is(err, nodkey.ErrExists) {
					k.Errorf("got %v, want ErrExists", err)
				}
				if err := tx.InsertKey(nodkey.Key{ID: "k", UserID: "nobody"}); !errors.Is(err, nodkey.ErrNoRow) {
					k.Errorf("got %v, want ErrNoRow", err)
				}
				if _, err := tx.User("nobody"); !errors.Is(err, nodkey.ErrNoRow) {
					k.Errorf("got %v, want ErrNoRow", err)
				}
				return tx.SaveLimit(nodkey.Limit{Name: "l", Level: 1})
			})
			level(k, "l", 1)
		},
		"a transaction sees its own writes, others do not": func(k kit) {
			k.update(func(tx nodkey.Tx) error {
				if err := setLevel("l", 1)(tx); err != nil {
					return err
				}
				if l, err := tx.Limit("l"); err != nil || l.Level != 1 {
					k.Errorf("the transaction itself sees %v, %v", l, err)
				}
				level(k, "l", 0)
				return nil
			})
			level(k, "l", 1)
		},
		"a view sees one state": func(k kit) {
			k.update(setLevel("l", 1))
			k.view(func(tx nodkey.Tx) error {
				for range 3 {
					l, err := tx.Limit("l")
					if err != nil || l.Level != 1 {
						k.Errorf("the view sees %v, %v", l, err)
					}
					k.update(setLevel("l", 2))
				}
				return nil
			})
			level(k, "l", 2)
		},
		"a view does not write": func(k kit) {
			err := k.store.View(k.Context(), setLevel("l", 1))
			if err == nil {
				k.Error("a view wrote")
			}
			level(k, "l", 0)
			k.update(setLevel("l", 1)) // and the store goes on
			level(k, "l", 1)
		},
		"a Tx is good until its closure returns": func(k kit) {
			var kept []nodkey.Tx
			k.update(func(tx nodkey.Tx) error { kept = append(kept, tx); return nil })
			k.view(func(tx nodkey.Tx) error { kept = append(kept, tx); return nil })
			for _, tx := range kept {
				if _, err := tx.Limit("l"); err == nil {
					k.Error("a Tx reads after its closure")
				}
				if err := setLevel("l", 1)(tx); err == nil {
					k.Error("a Tx writes after its closure")
				}
			}
			level(k, "l", 0)
		},
		"a panic goes to the caller and leaves nothing behind": func(k kit) {
			for name, run := range map[string]func(context.Context, func(nodkey.Tx) error) error{"Update": k.store.Update, "View": k.store.View} {
				func() {
					defer func() {
						if got := recover(); got != "oh" {
							k.Errorf("%s panicked with %v", name, got)
						}
					}()
					run(k.Context(), func(tx nodkey.Tx) error {
						if name == "Update" {
							if err := setLevel("l", 1)(tx); err != nil {
								k.Error(err)
							}
						}
						panic("oh")
					})
				}()
			}
			level(k, "l", 0)
			k.update(setLevel("l", 2)) // and the store goes on
			level(k, "l", 2)
		},
		"a goroutine that ends in its closure leaves nothing behind": func(k kit) {
			var all sync.WaitGroup
			all.Go(func() {
				k.store.Update(context.Background(), func(tx nodkey.Tx) error {
					if err := setLevel("l", 1)(tx); err != nil {
						k.Error(err)
					}
					runtime.Goexit()
					return nil
				})
			})
			all.Wait()
			k.update(setLevel("m", 1))
			level(k, "l", 0)
		},
		"a context that has ended runs nothing": func(k kit) {
			ctx, cancel := context.WithCancel(k.Context())
			cancel()
			for name, run := range map[string]func(context.Context, func(nodkey.Tx) error) error{"Update": k.store.Update, "View": k.store.View} {
				err := run(ctx, func(nodkey.Tx) error { k.Errorf("%s ran", name); return nil })
				if !errors.Is(err, context.Canceled) {
					k.Errorf("%s: %v, want context.Canceled", name, err)
				}
			}
		},
		"a context that ends while it waits runs nothing": func(k kit) {
			ctx, cancel := context.WithCancel(k.Context())
			waiting := make(chan error)
			var ran atomic.Bool
			k.update(func(nodkey.Tx) error {
				go func() { waiting <- k.store.Update(ctx, func(nodkey.Tx) error { ran.Store(true); return nil }) }()
				cancel()
				if err := <-waiting; !errors.Is(err, context.Canceled) { // told at once, while another has the turn
					k.Errorf("got %v, want context.Canceled", err)
				}
				return nil
			})
			k.update(setLevel("l", 1))
			if ran.Load() {
				k.Error("the closure ran")
			}
		},
		"a context that ends in the closure undoes it": func(k kit) {
			ctx, cancel := context.WithCancel(k.Context())
			err := k.store.Update(ctx, func(tx nodkey.Tx) error {
				if err := setLevel("l", 1)(tx); err != nil {
					return err
				}
				cancel()
				setLevel("l", 2)(tx)
				return nil // not looking
			})
			if !errors.Is(err, context.Canceled) {
				k.Errorf("got %v, want context.Canceled", err)
			}
			level(k, "l", 0)
		},
		"errors, panics and cancellations do not hurt neighbours": neighboursTest,
		"updates are as if one after the other":                   serialTest,
		"is ready": func(k kit) {
			if err := k.store.Ready(k.Context()); err != nil {
				k.Error(err)
			}
			ctx, cancel := context.WithCancel(k.Context())
			cancel()
			if err := k.store.Ready(ctx); err == nil {
				k.Error("ready, though nobody waits for the answer any more")
			}
		},
	}
}

// neighboursTest lets updates of all fates share commits: while one has the turn, the others gather.
func neighboursTest(k kit) {
	const n = 200
	var all, arrived sync.WaitGroup
	arrived.Add(n)
	k.update(func(nodkey.Tx) error {
		for i := range n {
			all.Go(func() {
				arrived.Done()
				defer func() {
					if got := recover(); (got != nil) != (i%5 == 2) {
						k.Errorf("update %d: panic %v", i, got)
					}
				}()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				err := k.store.Update(ctx, func(tx nodkey.Tx) error {
					if err := setLevel(fmt.Sprint(i), 1)(tx); err != nil {
						return err
					}
					switch i % 5 {
					case 1:
						return errNo
					case 2:
						panic("oh")
					case 3:
						cancel()
						return setLevel(fmt.Sprint(i), 2)(tx)
					}
					return nil
				})
				if want := [5]error{nil, errNo, nil, context.Canceled, nil}[i%5]; !errors.Is(err, want) {
					k.Errorf("update %d: %v, want %v", i, err, want)
				}
			})
		}
		arrived.Wait()
		return nil
	})
	all.Wait()
	for i := range n {
		want := 0.0
		if i%5 == 0 || i%5 == 4 {
			want = 1
		}
		level(k, fmt.Sprint(i), want)
	}
}

// serialTest moves amounts between two levels, reading before writing, and looks at the sum meanwhile.
func serialTest(k kit) {
	const sum, movers, moves = 1000.0, 16, 25
	k.update(setLevel("a", sum))
	var all sync.WaitGroup
	for range movers {
		all.Go(func() {
			for range moves {
				err := k.store.Update(context.Background(), func(tx nodkey.Tx) error {
					a, err := tx.Limit("a")
					if err != nil {
						return err
					}
					b, err := tx.Limit("b")
					if err != nil {
						return err
					}
					return errors.Join(setLevel("a", a.Level-1)(tx), setLevel("b", b.Level+1)(tx))
				})
				if err != nil {
					k.Error(err)
				}
			}
		})
	}
	for range 4 {
		all.Go(func() {
			for range moves {
				err := k.store.View(context.Background(), func(tx nodkey.Tx) error {
					a, err := tx.Limit("a")
					if err != nil {
						return err
					}
					b, err := tx.Limit("b")
					if a.Level+b.Level != sum {
						k.Errorf("a view sees %v and %v", a.Level, b.Level)
					}
					return err
				})
				if err != nil {
					k.Error(err)
				}
			}
		})
	}
	all.Wait()
	level(k, "b", movers*moves)
	level(k, "a", sum-movers*moves)
}
