package main

import (
	"encoding"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/urfave/cli"
	"gitlab.com/gitlab-org/gitlab-runner/common"
)

// configurationKeys prints every key of config.toml with its type, as the runner's own structs have them.
var configurationKeys = cli.Command{
	Name: "configuration-keys",
	Action: func(*cli.Context) error {
		printer := json.NewEncoder(os.Stdout)
		printer.SetIndent("", " ")
		return printer.Encode(typeOf(reflect.TypeOf(common.Config{}), nil))
	},
}

var (
	text     = reflect.TypeOf((*encoding.TextUnmarshaler)(nil)).Elem()
	duration = reflect.TypeOf(time.Duration(0))
	moment   = reflect.TypeOf(time.Time{})
	texts    = reflect.TypeOf(common.StringOrArray{})
)

// typeOf gives the name of a plain type, [type] for a list, {"*": type} for a map, and {key: type} for a table.
func typeOf(given reflect.Type, within []reflect.Type) any {
	if given.Kind() == reflect.Pointer {
		return typeOf(given.Elem(), within)
	}
	switch {
	case given == duration:
		return "duration"
	case given == moment:
		return "time"
	case given == texts:
		return "texts"
	case hasOwnDecoder(given):
		return "any"
	case given.Implements(text) || reflect.PointerTo(given).Implements(text):
		return "string"
	}
	switch given.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice, reflect.Array:
		return []any{typeOf(given.Elem(), within)}
	case reflect.Map:
		return map[string]any{"*": typeOf(given.Elem(), within)}
	case reflect.Struct:
		for _, outer := range within {
			if outer == given {
				return "any"
			}
		}
		return tableOf(given, append(within, given))
	default:
		return "any"
	}
}

func tableOf(given reflect.Type, within []reflect.Type) map[string]any {
	table := map[string]any{}
	for index := range given.NumField() {
		field := given.Field(index)
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case name == "-" || !field.IsExported() && !field.Anonymous:
		case field.Anonymous && name == "":
			inner, isTable := typeOf(field.Type, within).(map[string]any)
			if isTable {
				for key, kind := range inner {
					table[key] = kind
				}
			}
		case name == "":
			table[field.Name] = typeOf(field.Type, within)
		default:
			table[name] = typeOf(field.Type, within)
		}
	}
	return table
}

func hasOwnDecoder(given reflect.Type) bool {
	_, has := reflect.PointerTo(given).MethodByName("UnmarshalTOML")
	return has
}
