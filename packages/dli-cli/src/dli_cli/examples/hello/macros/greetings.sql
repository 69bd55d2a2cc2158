{% macro hello(name) %}'Hello, {{ name }}!'{% endmacro %}
