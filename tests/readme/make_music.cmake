# An empty folder with the music of our own in its subfolder music/.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${COMPOSE} ${FOLDER}/music COMMAND_ERROR_IS_FATAL ANY)
