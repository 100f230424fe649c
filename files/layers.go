package files

import "fmt"

// Layers returns what the bucket is made of, one short text for each layer, without
// secrets, in the order in which a call passes the layers. The driver is last. A
// program that logs the result at its start shows the order of its layers, and which of
// them repeats calls:
//
//	[readonly] [sub "notes/"] [retry 5 attempts] [mem]
//
// A wrapper has the text of Hooks.Layer, or "wrapper" if that is empty. A Bucket that
// was made in another way, and doesn't implement driver.BucketLayers, has the name of
// its Go type.
func Layers(b Bucket) []string {
	if b == nil {
		return nil
	}
	if l, ok := b.(layered); ok {
		return l.Layers()
	}
	return []string{fmt.Sprintf("%T", b)}
}

// Layers returns the wrapper's own layer and those below.
func (w *wrapped) Layers() []string {
	if w.alsoClose != nil { // it only closes
		return Layers(w.inner)
	}
	own := w.hooks.Layer
	if own == "" {
		own = "wrapper"
	}
	return append([]string{Printable(own)}, Layers(w.inner)...)
}
