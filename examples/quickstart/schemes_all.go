//go:build all

package main

import _ "cloudfiles.dev/drivers/all"

const moreSchemes = ""
