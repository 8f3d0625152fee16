package ntfy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Subscribe listens to a topic as an ntfy app does, from before it gives the channel until ctx ends; then the channel is
// closed. Error: the server does not let it listen.
func (s *Server) Subscribe(ctx context.Context, topic string) (<-chan Message, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/"+topic+"/json", nil)
	if err != nil {
		return nil, err
	}
	response, err := s.Client().Do(request)
	if err != nil {
		return nil, err
	}
	lines := json.NewDecoder(response.Body)
	var first Message
	if err := lines.Decode(&first); err != nil || response.StatusCode != http.StatusOK || first.Event != "open" {
		response.Body.Close()
		return nil, fmt.Errorf("the stream begins with %d, %+v, %v", response.StatusCode, first, err)
	}
	messages := make(chan Message, 64)
	go func() {
		defer close(messages)
		defer response.Body.Close()
		for {
			var m Message
			if lines.Decode(&m) != nil {
				return
			}
			select {
			case messages <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return messages, nil
}
