# cmake -DFILES=a.sql;b.sql -DOUT=migrations.cpp -P embed.cmake: the migrations as a table in C++.
list(SORT FILES)
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  if(NOT name MATCHES "^[0-9][0-9][0-9][0-9]_[a-z0-9_]+\\.sql$")
    message(FATAL_ERROR "${file}: expected a name like 0001_what_it_does.sql")
  endif()
  string(SUBSTRING ${name} 0 4 version)
  string(REGEX REPLACE "^0+" "" version ${version})
  file(READ ${file} sql)
  string(APPEND rows "        {${version}, \"${name}\", R\"lazaret_sql(${sql})lazaret_sql\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"store/migrate.hpp\"

namespace lazaret::store {

const std::vector<Migration>& migrations() {
    static const std::vector<Migration> all{
${rows}    };
    return all;
}

} // namespace lazaret::store
")
