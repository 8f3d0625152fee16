package products

import "net/http"

// told are the headers that the intranet's pages learn of a person by.
var told = []string{"Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"}

func (s *Shop) intranetRoutes(p Product, mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		var learnt []Fact
		for _, name := range told {
			if value := r.Header.Get(name); value != "" {
				learnt = append(learnt, Fact{name, value})
			}
		}
		s.show(w, r, http.StatusOK, page{Product: p, Learnt: learnt})
	})
}
