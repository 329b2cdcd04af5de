// A goroutine per request that waits for an answer nobody sends.
package main

import (
	"os"
	"strconv"
	"time"
)

func wait(answer chan int) {
	var stack [8192]byte
	stack[time.Now().Nanosecond()%8192] = 1
	<-answer
	println(stack[0])
}

func main() {
	requests := 0
	pace, err := strconv.ParseFloat(os.Getenv("PACE"), 64)
	if err != nil {
		pace = 1
	}
	for {
		for i := 0; i < 2; i++ {
			go wait(make(chan int))
			requests++
		}
		if requests%20 == 0 {
			os.WriteFile(os.Getenv("TRAFFIC"), []byte(strconv.Itoa(requests)), 0o644)
		}
		time.Sleep(time.Duration(100/pace) * time.Millisecond)
	}
}
