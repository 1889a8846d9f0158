// SPDX-License-Identifier: Apache-2.0
// The only C++ of the project. Built without exceptions, without toml++'s asserts (some invalid files reach them) and
// without its formatters; see CMakeLists.txt for the flags that this file needs.
#include "daemon/config/toml_shim.h"

#include <toml++/toml.h>

#include <cstdio>
#include <string_view>

struct toml_doc {
    toml::table table;
};

namespace
{

const toml::node &in(const toml_node *node)
{
    return *reinterpret_cast<const toml::node *>(node);
}

const toml_node *out(const toml::node *node)
{
    return reinterpret_cast<const toml_node *>(node);
}

} // namespace

extern "C" {

struct toml_doc *toml_read(const char *text, size_t len, struct toml_fault *fault)
{
    toml::parse_result result = toml::parse(std::string_view(text, len));
    if (result.succeeded())
        return new toml_doc{std::move(result).table()};
    const toml::parse_error &error = result.error();
    std::string_view why = error.description();
    fault->line = static_cast<int>(error.source().begin.line);
    fault->column = static_cast<int>(error.source().begin.column);
    std::snprintf(fault->text, sizeof fault->text, "%.*s", static_cast<int>(why.size()), why.data());
    return nullptr;
}

void toml_free(struct toml_doc *doc)
{
    delete doc;
}

const struct toml_node *toml_root(const struct toml_doc *doc)
{
    return out(&doc->table);
}

enum toml_type toml_type(const struct toml_node *node)
{
    switch (in(node).type()) {
    case toml::node_type::table:
        return TOML_TABLE;
    case toml::node_type::array:
        return TOML_ARRAY;
    case toml::node_type::string:
        return TOML_STRING;
    case toml::node_type::integer:
        return TOML_INTEGER;
    case toml::node_type::floating_point:
        return TOML_FLOAT;
    case toml::node_type::boolean:
        return TOML_BOOLEAN;
    case toml::node_type::none:
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
        break;
    }
    return TOML_TIME;
}

void toml_place(const struct toml_node *node, int *line, int *column)
{
    *line = static_cast<int>(in(node).source().begin.line);
    *column = static_cast<int>(in(node).source().begin.column);
}

bool toml_string(const struct toml_node *node, const char **text, size_t *len)
{
    const auto *value = in(node).as_string();
    if (value == nullptr)
        return false;
    *text = value->get().c_str();
    *len = value->get().size();
    return true;
}

bool toml_integer(const struct toml_node *node, int64_t *value)
{
    const auto *found = in(node).as_integer();
    if (found != nullptr)
        *value = found->get();
    return found != nullptr;
}

bool toml_number(const struct toml_node *node, double *value)
{
    if (const auto *whole = in(node).as_integer())
        *value = static_cast<double>(whole->get());
    else if (const auto *decimal = in(node).as_floating_point())
        *value = decimal->get();
    else
        return false;
    return true;
}

bool toml_boolean(const struct toml_node *node, bool *value)
{
    const auto *found = in(node).as_boolean();
    if (found != nullptr)
        *value = found->get();
    return found != nullptr;
}

size_t toml_count(const struct toml_node *node)
{
    const toml::array *array = in(node).as_array();
    return array != nullptr ? array->size() : 0;
}

const struct toml_node *toml_at(const struct toml_node *node, size_t i)
{
    const toml::array *array = in(node).as_array();
    return array != nullptr ? out(array->get(i)) : nullptr;
}

const struct toml_node *toml_get(const struct toml_node *node, const char *key)
{
    const toml::table *table = in(node).as_table();
    return table != nullptr ? out(table->get(key)) : nullptr;
}

void toml_each(const struct toml_node *node, toml_each_fn *fn, void *arg)
{
    const toml::table *table = in(node).as_table();
    if (table == nullptr)
        return;
    for (const auto &[key, value] : *table) {
        const auto &at = key.source().begin;
        fn(arg, key.data(), key.length(), out(&value), static_cast<int>(at.line), static_cast<int>(at.column));
    }
}

} // extern "C"
