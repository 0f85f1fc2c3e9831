// Receives events in Go: verifies, answers a purchase, and works on each event once. It needs Go 1.19 or newer and nothing else.
//
// WEBHOOK_SECRET=whsec_… PORT=9100 go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	mostBytes = 1 << 20
	mostApart = 5 * time.Minute
)

var words = map[string]string{
	"instance.created":   "provisioned",
	"instance.refreshed": "renewed",
	"instance.upgraded":  "upgraded",
	"instance.frozen":    "frozen",
	"instance.unfrozen":  "unfrozen",
	"instance.accepted":  "accepted",
	"instance.changed":   "changed",
	"instance.released":  "released",
}

type event struct {
	Type string
	Data struct{ InstanceID, Scene string }
}

type receiver struct {
	// Several while a secret is changed.
	keys [][]byte
	lock sync.Mutex
	// The ids of the events that are done. Store them in your database, in the same transaction as the work.
	done map[string]bool
}

// isSigned says whether one of the keys signed this, within the last minutes: https://www.standardwebhooks.com.
func (r *receiver) isSigned(header http.Header, body []byte) bool {
	id, signedAt := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(signedAt, 10, 64)
	if apart := time.Since(time.Unix(seconds, 0)); id == "" || err != nil || apart.Abs() > mostApart {
		return false
	}
	for _, key := range r.keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, signedAt, body)
		right := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, given := range strings.Fields(header.Get("webhook-signature")) {
			if hmac.Equal([]byte(right), []byte(given)) { // in constant time
				return true
			}
		}
	}
	return false
}

// workOn is your own work. This example only prints it.
func workOn(e event) {
	told := e.Type
	if word, ok := words[e.Type]; ok {
		told = fmt.Sprintf("customer %s %s", e.Data.InstanceID, word)
	}
	if e.Data.Scene != "" {
		told += fmt.Sprintf(" (%s)", e.Data.Scene)
	}
	fmt.Println(told)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, mostBytes))
	if err != nil {
		http.Error(w, "the event cannot be read", http.StatusBadRequest)
		return
	}
	if !r.isSigned(request.Header, body) {
		http.Error(w, "no secret of WEBHOOK_SECRET signed this in the last five minutes", http.StatusUnauthorized)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, "the event is no JSON", http.StatusBadRequest)
		return
	}
	r.lock.Lock()
	if id := request.Header.Get("webhook-id"); !r.done[id] {
		r.done[id] = true
		workOn(e)
	}
	r.lock.Unlock()
	if e.Type != "instance.created" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	address := "https://app.example.com/?instance=" + url.QueryEscape(e.Data.InstanceID)
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]any{"appInfo": map[string]string{"frontEndUrl": address}}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Print(err) // The sender went away; it sends the event again.
	}
}

func main() {
	r := &receiver{done: map[string]bool{}}
	for _, secret := range strings.Fields(os.Getenv("WEBHOOK_SECRET")) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			log.Fatal("WEBHOOK_SECRET is `whsec_` and base64; several have a space between")
		}
		r.keys = append(r.keys, key)
	}
	if len(r.keys) == 0 {
		log.Fatal("WEBHOOK_SECRET must be set; `koogallery serve` prints that for tests")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "9100"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	server := &http.Server{Handler: r, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	log.Fatal(server.Serve(listener))
}
