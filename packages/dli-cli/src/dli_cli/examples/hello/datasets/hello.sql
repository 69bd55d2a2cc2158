{#- Parameters are placed safely, whatever they hold. Macros come from macros/, by the name of their file. -#}
{% for number in range(1, times + 1) -%}
SELECT {{ number }} AS number, {{ greetings.hello(name) }} AS greeting
{% if not loop.last %}UNION ALL{% endif %}
{% endfor -%}
ORDER BY number
