package nodkey

import "context"

// Callbacks are what applications are to be told. They are written in the transaction of what they tell of, taken by workers of the
// doors, and tried again until they are settled: 10 s after the first failure, then twice as long each time up to an hour, for a day.
type Callbacks struct{ *base }

const topicOfCallbacks = "callbacks"

// Wake tells of new callbacks; losing a wake-up costs time, never a callback.
func (s *Callbacks) Wake() (wake <-chan struct{}, cancel func()) {
	return s.Bus.Subscribe(topicOfCallbacks)
}

// Take gives what a door's applications are to be told now, the oldest first and at most limit. Each is the caller's alone for a
// minute.
func (s *Callbacks) Take(ctx context.Context, door Door, limit int) ([]Callback, error) {
	return nil, nil
}

// Settle says what became of a callback that was taken: delivered, or to be tried again. One that there is not any more is no error.
func (s *Callbacks) Settle(ctx context.Context, id string, delivered bool) error {
	return nil
}
