// Has examples/entitlements.go do what the lines of the standard input say, by a clock of its own.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	client := NewEntitlements(os.Args[1], os.Getenv("API_TOKEN"))
	var passed atomic.Int64
	client.Clock = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	get := func(instance string) string {
		entitlement, err := client.Get(context.Background(), instance)
		switch {
		case errors.Is(err, ErrUnknownInstance):
			return "unknown"
		case errors.Is(err, ErrUnavailable):
			return "away"
		case err != nil:
			return err.Error()
		}
		return entitlement.Access
	}
	var started chan string
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		what, argument, _ := strings.Cut(lines.Text(), " ")
		answer := "done"
		switch what {
		case "get":
			answer = get(argument)
		case "many":
			answers := make(chan string)
			for i := 0; i < 8; i++ {
				go func() { answers <- get(argument) }()
			}
			all := map[string]bool{}
			for i := 0; i < 8; i++ {
				all[<-answers] = true
			}
			var different []string
			for one := range all {
				different = append(different, one)
			}
			sort.Strings(different)
			answer = strings.Join(different, ",")
		case "start":
			started = make(chan string, 1)
			go func() { started <- get(argument) }()
		case "end":
			answer = <-started
		case "forget":
			client.Forget(argument)
		case "pass":
			seconds, _ := strconv.Atoi(argument)
			passed.Add(int64(seconds) * int64(time.Second))
		}
		fmt.Println(answer)
	}
}
