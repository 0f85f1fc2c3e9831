// What an instance entitles its users to, for an application that asks with every request of theirs. It needs Go 1.19 or newer and nothing
// else.
//
// An answer is kept for as long as the seller API allows, and then asked for again with its ETag. While the API is away, the last answer
// goes on to count, for a day. When an event about an instance comes, call Forget: the next Get asks anew.
//
//	entitlements := NewEntitlements("https://…/seller-api", token)
//	if entitlement, err := entitlements.Get(ctx, instanceID); err != nil || entitlement.Access != "granted" { … }
//
// To try it: API_TOKEN=… go run entitlements.go http://127.0.0.1:9000/seller-api INSTANCE_ID …
package main

import (
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const mostBytes = 64 * 1024

// ErrUnknownInstance says that there is no such instance.
var ErrUnknownInstance = errors.New("there is no such instance")

// ErrUnavailable says that the API did not answer well, and that there is no earlier answer that may still count.
var ErrUnavailable = errors.New("the seller API is away")

// Entitlement is what the seller API says. Raw has all of its members.
type Entitlement struct {
	InstanceID string `json:"instanceId"`
	// Access is "granted", "preparing", "expired", "suspended" or "ended".
	Access string          `json:"access"`
	Raw    json.RawMessage `json:"-"`
}

// Entitlements keeps answers. It may be used by several goroutines.
type Entitlements struct {
	// How many answers are kept.
	Most int
	// How long an answer counts while the API is away.
	LastAnswerCounts time.Duration
	// After a failure, the API is not asked again for so long.
	Pause time.Duration
	// The time, which tests choose.
	Clock func() time.Time

	address, token string
	client         http.Client
	lock           sync.Mutex
	entries        map[string]*list.Element
	used           *list.List
}

type entry struct {
	instance string
	lock     sync.Mutex
	answer   *Entitlement
	tag      string
	// When the answer was asked for, until when it is good, and until when nobody asks again, because the API just failed.
	askedAt, goodUntil, pauseUntil time.Time
	failure                        error
}

// NewEntitlements takes the address of the seller API, without "/v1", and a token with the scope "read".
func NewEntitlements(address, token string) *Entitlements {
	return &Entitlements{
		Most: 10_000, LastAnswerCounts: 24 * time.Hour, Pause: 5 * time.Second, Clock: time.Now,
		address: strings.TrimRight(address, "/"), token: token,
		client: http.Client{
			Timeout: 2 * time.Second,
			// The token goes nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		entries: map[string]*list.Element{}, used: list.New(),
	}
}

// Get returns the entitlement, or ErrUnknownInstance or ErrUnavailable, wrapped.
func (all *Entitlements) Get(ctx context.Context, instance string) (*Entitlement, error) {
	for {
		entry := all.entry(instance)
		answer, err := all.current(ctx, entry)
		if err != nil {
			return nil, err
		}
		all.lock.Lock()
		element, found := all.entries[instance]
		all.lock.Unlock()
		// What was forgotten meanwhile is asked for anew.
		if found && element.Value == entry {
			return answer, nil
		}
	}
}

// Forget drops the answer, because an event says that something changed.
func (all *Entitlements) Forget(instance string) {
	all.lock.Lock()
	defer all.lock.Unlock()
	if element, found := all.entries[instance]; found {
		all.remove(element)
	}
}

func (all *Entitlements) remove(element *list.Element) {
	delete(all.entries, element.Value.(*entry).instance)
	all.used.Remove(element)
}

func (all *Entitlements) entry(instance string) *entry {
	all.lock.Lock()
	defer all.lock.Unlock()
	element, found := all.entries[instance]
	if !found {
		element = all.used.PushBack(&entry{instance: instance})
		all.entries[instance] = element
	}
	all.used.MoveToBack(element)
	if len(all.entries) > all.Most {
		all.remove(all.used.Front())
	}
	return element.Value.(*entry)
}

// Only one goroutine asks for an instance; the others wait for what it gets.
func (all *Entitlements) current(ctx context.Context, entry *entry) (*Entitlement, error) {
	entry.lock.Lock()
	defer entry.lock.Unlock()
	now := all.Clock()
	if entry.answer != nil && now.Before(entry.goodUntil) {
		return entry.answer, nil
	}
	if !now.Before(entry.pauseUntil) {
		err := all.fetch(ctx, entry, now)
		if err == nil {
			return entry.answer, nil
		}
		if errors.Is(err, ErrUnknownInstance) {
			all.lock.Lock()
			if element, found := all.entries[entry.instance]; found && element.Value == entry {
				all.remove(element)
			}
			all.lock.Unlock()
			return nil, err
		}
		entry.failure, entry.pauseUntil = err, all.Clock().Add(all.Pause)
	}
	if entry.answer == nil || !now.Before(entry.askedAt.Add(all.LastAnswerCounts)) {
		return nil, fmt.Errorf("%w: %v", ErrUnavailable, entry.failure)
	}
	return entry.answer, nil
}

var maxAge = regexp.MustCompile(`max-age=(\d+)`)

func (all *Entitlements) fetch(ctx context.Context, entry *entry, now time.Time) error {
	address := all.address + "/v1/instances/" + url.PathEscape(entry.instance) + "/entitlement"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+all.token)
	if entry.answer != nil {
		request.Header.Set("If-None-Match", entry.tag)
	}
	response, err := all.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBytes))
	if err != nil {
		return err
	}
	switch {
	case response.StatusCode == http.StatusNotFound && strings.Contains(string(body), "/problems/not-found"):
		return ErrUnknownInstance
	case response.StatusCode == http.StatusOK:
		answer := Entitlement{Raw: body}
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		if answer.InstanceID != entry.instance || answer.Access == "" {
			return errors.New("the answer is about something else")
		}
		entry.answer, entry.tag = &answer, response.Header.Get("ETag")
	case response.StatusCode != http.StatusNotModified || entry.answer == nil:
		return fmt.Errorf("status %d", response.StatusCode)
	}
	entry.askedAt, entry.goodUntil = now, now
	if found := maxAge.FindStringSubmatch(response.Header.Get("Cache-Control")); found != nil {
		seconds, _ := strconv.Atoi(found[1])
		entry.goodUntil = now.Add(time.Duration(seconds) * time.Second)
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: API_TOKEN=… go run entitlements.go ADDRESS INSTANCE_ID…")
		os.Exit(2)
	}
	entitlements := NewEntitlements(os.Args[1], os.Getenv("API_TOKEN"))
	for _, instance := range os.Args[2:] {
		entitlement, err := entitlements.Get(context.Background(), instance)
		if err != nil {
			fmt.Fprintln(os.Stderr, instance+":", err)
			continue
		}
		fmt.Println(string(entitlement.Raw))
	}
}
