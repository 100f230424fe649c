package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

const (
	plotWidth, plotHeight = 760, 320
	plotLeft, plotRight   = 70, 220 // margins; the right one holds the legend
	plotTop, plotBottom   = 30, 40
)

// colours can also be distinguished by colour-blind people (Okabe and Ito).
var colours = []string{
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#000000",
}

// plot draws a table as SVG: a line for each peer, over the names of the rows.
func plot(t table) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, plotHeight)
	scale, unit := 1.0, "calls/s"
	if t.rows[0].work.bytes {
		scale, unit = 1e6, "MB/s"
	}
	top := 0.0
	for _, r := range t.rows {
		top = max(top, r.speed()/scale)
	}
	step := gridStep(top)
	top = math.Ceil(top/step) * step
	x := func(i int) float64 {
		return plotLeft + float64(i)*(plotWidth-plotLeft-plotRight)/float64(len(t.names)-1)
	}
	y := func(v float64) float64 {
		return plotHeight - plotBottom - v/top*(plotHeight-plotTop-plotBottom)
	}
	text(&b, plotLeft, 18, "start", t.title()+", "+unit)
	for v := 0.0; v <= top; v += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/>`+"\n", plotLeft, y(v),
			plotWidth-plotRight)
		text(&b, plotLeft-8, y(v)+4, "end", fmt.Sprintf("%g", v))
	}
	for i, name := range t.names {
		text(&b, x(i), plotHeight-plotBottom+20, "middle", name)
	}
	for i, name := range peerNames(t) {
		colour := colours[i%len(colours)]
		var points []string
		for at, of := range t.names {
			for _, r := range t.rows {
				if r.work.name == of && r.peer.name == name && r.err == "" {
					points = append(points, fmt.Sprintf("%.1f,%.1f", x(at), y(r.speed()/scale)))
				}
			}
		}
		width := 1.5
		if i == 0 {
			width = 3
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%g"/>`+"\n",
			strings.Join(points, " "), colour, width)
		for _, p := range points {
			cx, cy, _ := strings.Cut(p, ",")
			fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="3" fill="%s"/>`+"\n", cx, cy, colour)
		}
		row := float64(plotTop + 18*i)
		fmt.Fprintf(&b, `<rect x="%d" y="%.0f" width="12" height="12" fill="%s"/>`+"\n",
			plotWidth-plotRight+16, row, colour)
		text(&b, plotWidth-plotRight+34, row+11, "start", name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// gridStep returns 1, 2 or 5 times a power of ten, so that the grid has four to ten
// lines.
func gridStep(top float64) float64 {
	if top <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(top/4)))
	for _, times := range []float64{1, 2, 5} {
		if top/(step*times) <= 10 {
			return step * times
		}
	}
	return 10 * step
}

func peerNames(t table) (names []string) {
	seen := map[string]bool{}
	for _, r := range t.rows {
		if r.err == "" && !seen[r.peer.name] {
			seen[r.peer.name] = true
			names = append(names, r.peer.name)
		}
	}
	return names
}

func text(b *strings.Builder, x, y float64, anchor, s string) {
	var escaped strings.Builder
	xml.EscapeText(&escaped, []byte(s))
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor,
		escaped.String())
}
